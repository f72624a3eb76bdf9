//! The house rules that no compiler checks: who imports whom, how long files are, that nothing is
//! forgotten and nothing points nowhere.

#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "this test reads the source tree")]

use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// Modules of the pure ring with what each may import.
const PURE: [(&str, &[&str]); 12] = [
    ("diagnostic", &[]),
    ("model", &[]),
    ("status", &["model"]),
    ("formation", &["model"]),
    ("cib", &["model", "status", "diagnostic"]),
    ("manifest", &["model", "status", "diagnostic"]),
    ("scheduler", &["model", "status"]),
    ("plan", &["model", "status", "diagnostic", "manifest", "scheduler"]),
    ("executor", &["model", "status", "scheduler"]),
    ("ledger", &["model", "status", "scheduler", "executor"]),
    ("cluster", &["model", "status", "scheduler", "executor", "ledger"]),
    ("api", &["model", "status", "diagnostic", "manifest", "scheduler", "plan", "executor", "cluster"]),
];

/// Modules of the effect ring with what each may import beside the pure ring (for the leaf `agent`: at all).
const EFFECT: [(&str, &[&str]); 8] = [
    ("agent", &["model", "status", "diagnostic"]),
    ("tool", &[]),
    ("host", &["agent"]),
    ("source", &[]),
    ("engine", &["agent", "host", "tool"]),
    ("view", &["agent", "engine"]),
    ("daemon", &["agent", "host", "source", "tool", "engine", "view"]),
    ("cli", &["agent", "host", "source", "engine", "view", "daemon"]),
];

/// Crates that the pure ring may name: they compute and touch nothing.
const PURE_CRATES: [&str; 14] = [
    "indexmap",
    "jiff",
    "md_5",
    "quick_xml",
    "regex",
    "saphyr_parser",
    "schemars",
    "serde",
    "serde_json",
    "serde_path_to_error",
    "serde_yaml",
    "sha2",
    "strsim",
    "thiserror",
];

/// Phases of the scheduler with the modules that are their words: what kinds of resources and
/// constraints speak of when a phase asks them.
const PHASES: [(&str, &[&str]); 3] = [
    ("act", &["draft", "link", "verb", "work"]),
    ("assign", &["agenda", "attribute", "contribution", "draft", "ScoreRow"]),
    ("order", &["effect"]),
];

/// Where a kind calls a phase all the same, and what for.
const CALLS_TO_PHASES: [(&str, &str, &str); 10] = [
    ("variant/actions/instance.rs", "act::early", "a step of one instance may be made before its turn"),
    ("variant/actions/mod.rs", "act::probe", "what a probe is does not differ between primitives"),
    ("variant/actions/primitive.rs", "act::migration", "the steps of one service"),
    ("variant/actions/primitive.rs", "act::recurring", "the steps of one service"),
    ("variant/actions/primitive.rs", "act::role_step", "the steps of one service"),
    ("variant/actions/primitive.rs", "act::unfencing", "the steps of one service"),
    ("variant/bundle.rs", "assign::instances", "replicas are spread as instances of a clone are"),
    ("variant/capacity.rs", "assign::capacity", "the word for amounts"),
    ("variant/clone.rs", "assign::instances", "instances are spread as replicas of a bundle are"),
    ("variant/promotable.rs", "assign::instances", "instances are ranked again to be promoted"),
];

/// What reads the examples: how their names end, the test, and the words in it that do.
const EXAMPLES: [(&str, &str, &str); 2] = [
    (".yaml", "tests/scenarios.rs", "collect(&root().join(\"examples\")"),
    ("pacemaker/cib.xml", "tests/laws.rs", "\"examples/pacemaker\""),
];

/// Longest file, in lines without its inline tests.
const LONGEST_FILE: usize = 400;

/// Files that may be longer, up to a number of lines, and why.
const LONG_FILES: [(&str, usize, &str); 1] =
    [("scheduler/facts.rs", 800, "the border between the phases; mostly documentation of fields")];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 10] =
    ["util", "utils", "common", "helper", "helpers", "misc", "manager", "handler", "data", "types"];

/// What must not be in any file: places that exist on one machine only. Split, or this file would
/// be the first to be found.
const LOCAL_PLACES: [&str; 6] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!(".cargo/", "registry"),
    concat!("index.", "crates.io"),
    concat!("arti", "factory"),
];

#[test]
fn imports_point_one_way() {
    let mut faults = Vec::new();
    // Tests look at their module from outside, and may use whatever helps to see.
    for file in sources().into_iter().filter(|file| !file.is_test()) {
        let Some(module) = file.top_module() else { continue };
        let Some(allowed) = allowed_imports(&module) else {
            faults.push(format!("src/{}: say in tests/tidy.rs where module `{module}` belongs", file.path));
            continue;
        };
        for imported in file.imports() {
            if imported != module && !allowed.contains(&imported.as_str()) {
                faults.push(format!("src/{}: `{module}` must not import `{imported}`", file.path));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn pure_modules_do_not_opt_out_of_purity() {
    let is_pure = |file: &Source| PURE.iter().any(|(name, _)| file.top_module().as_deref() == Some(name));
    let opts_out = |file: &Source| file.production().contains("clippy::disallowed");
    let faults: Vec<_> =
        sources().into_iter().filter(|file| is_pure(file) && opts_out(file)).map(|file| file.path).collect();
    assert!(faults.is_empty(), "pure, but opting out of clippy.toml: {faults:?}");
}

#[test]
fn files_are_short() {
    let mut faults = Vec::new();
    for file in sources().iter().filter(|file| !file.is_test()) {
        let lines = file.production().lines().count();
        let exception = LONG_FILES.iter().find(|(path, _, _)| *path == file.path);
        let most = exception.map_or(LONGEST_FILE, |(_, most, _)| *most);
        if lines > most {
            faults.push(format!("src/{}: {lines} lines, {most} at most", file.path));
        }
        if exception.is_some() && lines <= LONGEST_FILE {
            faults
                .push(format!("src/{}: is short by now and needs no exception in tests/tidy.rs", file.path));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn modules_are_named_for_what_they_are() {
    let is_empty =
        |file: &Source| file.path.trim_end_matches(".rs").split('/').any(|part| EMPTY_NAMES.contains(&part));
    let faults: Vec<_> = sources().into_iter().filter(is_empty).map(|file| file.path).collect();
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn a_module_with_a_folder_is_the_first_file_in_it() {
    let has_folder = |file: &Source| package().join("src").join(file.path.trim_end_matches(".rs")).is_dir();
    let faults: Vec<_> = sources().into_iter().filter(has_folder).map(|file| file.path).collect();
    assert!(faults.is_empty(), "beside their folders, not `mod.rs` in them: {faults:?}");
}

#[test]
fn every_module_opens_with_what_it_is_for() {
    let faults: Vec<_> = sources()
        .into_iter()
        .filter(|file| !file.is_test() && !file.text.starts_with("//! "))
        .map(|file| file.path)
        .collect();
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn no_test_data_is_forgotten() {
    let code: String = tree().into_iter().filter(|path| is_rust(path)).map(|path| read(&path)).collect();
    let folders = fs::read_dir(package().join("tests")).unwrap().map(|entry| entry.unwrap().path());
    let forgotten: Vec<_> = folders
        .filter(|path| path.is_dir())
        .filter(|path| {
            !code.contains(&format!("{}/", name(path))) && !code.contains(&format!("mod {};", name(path)))
        })
        .collect();
    assert!(forgotten.is_empty(), "no test names {forgotten:?}");
}

#[test]
fn examples_are_tested() {
    let mut faults = Vec::new();
    for example in tree().into_iter().filter(|path| path.starts_with(package().join("examples"))) {
        let reader = EXAMPLES.iter().find(|(end, _, _)| example.display().to_string().ends_with(end));
        let is_read = reader.is_some_and(|(_, test, words)| read(&package().join(test)).contains(words));
        if !is_read {
            faults.push(format!("{}: no test reads it; see EXAMPLES in tests/tidy.rs", example.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn pure_modules_name_pure_crates_only() {
    let manifest = read(&package().join("Cargo.toml"));
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let names = dependencies.lines().filter_map(|line| Some(line.split_once(" =")?.0.replace('-', "_")));
    let effectful: Vec<String> = names.filter(|name| !PURE_CRATES.contains(&name.as_str())).collect();
    assert!(effectful.iter().any(|name| name == "tokio"), "Cargo.toml was misread: {effectful:?}");
    let mut faults = Vec::new();
    let is_pure = |file: &Source| PURE.iter().any(|(name, _)| file.top_module().as_deref() == Some(name));
    for file in sources().iter().filter(|file| is_pure(file) && !file.is_test()) {
        for name in effectful.iter().filter(|name| file.names_root(name)) {
            faults.push(format!("src/{}: `{name}` is not for the pure ring", file.path));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn phases_name_no_kinds() {
    let is_phase =
        |file: &Source| PHASES.iter().any(|(phase, _)| file.is_below(&format!("scheduler/{phase}")));
    let names_kinds = |file: &Source| file.production().contains("Variant::");
    let faults: Vec<_> = sources()
        .into_iter()
        .filter(|file| is_phase(file) && !file.is_test() && names_kinds(file))
        .map(|file| file.path)
        .collect();
    assert!(faults.is_empty(), "ask `scheduler::variant` instead: {faults:?}");
}

#[test]
fn what_a_resource_is_is_asked_of_its_variant() {
    // `is_group` and the like stand beside the variants, in one `match` each.
    let asks = |file: &Source| {
        let code: String = file.code().map(|line| format!("{} ", line.trim())).collect();
        let mut tests = code.split("matches!(").skip(1).map(within_parentheses);
        tests.any(|test| test.contains("Variant::"))
    };
    let faults: Vec<_> = sources()
        .into_iter()
        .filter(|file| !file.is_test() && file.path != "scheduler/variant/mod.rs" && asks(file))
        .map(|file| file.path)
        .collect();
    assert!(faults.is_empty(), "ask `Variant::is_group` and the like: {faults:?}");
}

/// A text up to the parenthesis that closes one opened before it.
fn within_parentheses(text: &str) -> &str {
    let mut depth = 1;
    let end = text.find(|character| {
        depth += match character {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth == 0
    });
    end.map_or(text, |end| &text[..end])
}

#[test]
fn kinds_call_phases_only_where_it_is_said() {
    let mut found = Vec::new();
    let is_kind = |file: &Source| file.is_below("scheduler/variant") || file.is_below("scheduler/constraint");
    for file in sources().into_iter().filter(|file| is_kind(file) && !file.is_test()) {
        let inside = file.path.trim_start_matches("scheduler/").to_owned();
        for path in file.paths() {
            let [scheduler, phase, module, ..] = path.as_slice() else { continue };
            let words = PHASES.iter().find(|(name, _)| scheduler == "scheduler" && phase == name);
            if words.is_some_and(|(_, words)| !words.contains(&module.as_str())) {
                found.push((inside.clone(), format!("{phase}::{module}")));
            }
        }
    }
    found.sort();
    found.dedup();
    let said: Vec<_> =
        CALLS_TO_PHASES.iter().map(|(file, call, _)| ((*file).to_owned(), (*call).to_owned())).collect();
    assert_eq!(found, said, "CALLS_TO_PHASES in tests/tidy.rs says otherwise");
}

#[test]
fn nothing_names_a_place_on_one_machine() {
    let mut faults = Vec::new();
    for path in tree() {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for place in LOCAL_PLACES {
            if text.contains(place) {
                faults.push(format!("{}: {place}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn links_in_documents_lead_somewhere() {
    let mut faults = Vec::new();
    for path in tree().into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "md"))
    {
        for target in link_targets(&read(&path)) {
            let is_local =
                !target.contains("://") && !target.starts_with('#') && !target.starts_with("mailto:");
            let file = target.split('#').next().unwrap_or_default();
            if is_local && !path.parent().unwrap().join(file).exists() {
                faults.push(format!("{}: {target}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn paths_of_the_project_in_documents_exist() {
    let mut faults = Vec::new();
    for path in tree().into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "md"))
    {
        for word in read(&path).split('`').skip(1).step_by(2) {
            let is_ours = ["src/", "tests/", "benches/", "fuzz/", "examples/", "docs/", "packaging/"]
                .iter()
                .any(|folder| word.starts_with(folder));
            // `K.rs` stands for whatever the reader adds.
            let is_example = word.contains([' ', '*', '<']) || path_stem(word).len() == 1;
            if is_ours && !is_example && !package().join(word).exists() {
                faults.push(format!("{}: {word}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn allowed_imports(module: &str) -> Option<Vec<&'static str>> {
    if let Some((_, allowed)) = PURE.iter().find(|(name, _)| *name == module) {
        return Some(allowed.to_vec());
    }
    let (_, allowed) = EFFECT.iter().find(|(name, _)| *name == module)?;
    let pure = PURE.iter().map(|(name, _)| *name).filter(|_| module != "agent");
    Some(allowed.iter().copied().chain(pure).collect())
}

/// A file below `src`.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The module directly below the crate's root; `None` for the root itself and for `main`.
    fn top_module(&self) -> Option<String> {
        let first = self.path.split('/').next()?.trim_end_matches(".rs");
        (!matches!(first, "lib" | "main")).then(|| first.to_owned())
    }

    /// The module that the file is, from the crate's root.
    fn module(&self) -> Vec<String> {
        let path = self.path.trim_end_matches(".rs").trim_end_matches("/mod");
        path.split('/').map(str::to_owned).collect()
    }

    /// Whether it is in a folder.
    fn is_below(&self, folder: &str) -> bool {
        Path::new(&self.path).starts_with(folder)
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs") || self.path.contains("/tests/")
    }

    /// The text up to its inline tests.
    fn production(&self) -> &str {
        self.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(&self.text)
    }

    /// Top-level modules of this crate that the file names.
    fn imports(&self) -> Vec<String> {
        let mut imports: Vec<_> =
            self.paths().into_iter().filter_map(|path| path.into_iter().next()).collect();
        imports.extend(self.crate_paths_in_text());
        imports.retain(|name| !name.is_empty());
        imports.retain(|name| {
            package().join(format!("src/{name}")).is_dir()
                || package().join(format!("src/{name}.rs")).is_file()
        });
        imports.sort();
        imports.dedup();
        imports
    }

    /// Paths in this crate that the file names, from the crate's root.
    fn paths(&self) -> Vec<Vec<String>> {
        let mut paths = Paths { module: self.module(), found: Vec::new() };
        paths.visit_file(&syn::parse_file(&self.text).unwrap());
        paths.found
    }

    /// What follows `crate::` anywhere in the code; `syn` does not look into macros.
    fn crate_paths_in_text(&self) -> Vec<String> {
        let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let after = self.code().flat_map(|line| line.split("crate::").skip(1));
        after.filter_map(|rest| rest.split(|c| !is_name(c)).next()).map(str::to_owned).collect()
    }

    /// Whether a path in the code begins with this crate's name.
    fn names_root(&self, name: &str) -> bool {
        let is_inside = |before: &str| before.ends_with(|c: char| c.is_alphanumeric() || "_:".contains(c));
        self.code().any(|line| {
            let start = format!("{name}::");
            let starts = line.match_indices(&start).map(|(at, _)| at);
            starts.filter(|at| line.is_char_boundary(*at)).any(|at| !is_inside(&line[..at]))
        })
    }

    /// Lines that are no comments, up to the inline tests.
    fn code(&self) -> impl Iterator<Item = &str> {
        self.production().lines().filter(|line| !line.trim_start().starts_with("//"))
    }
}

/// Collects paths in this crate, from its root.
struct Paths {
    module: Vec<String>,
    found: Vec<Vec<String>>,
}

impl Paths {
    /// Notes a path that begins with `crate`, or climbs by `super`.
    fn note(&mut self, segments: &[String]) {
        let climbs = segments.iter().take_while(|segment| *segment == "super").count();
        let from = match segments.first().map(String::as_str) {
            Some("crate") => &[],
            Some("super") => self.module.get(..self.module.len().saturating_sub(climbs)).unwrap_or_default(),
            Some(_) | None => return,
        };
        let rest = segments.get(climbs.max(1)..).unwrap_or_default();
        self.found.push([from, rest].concat());
    }

    fn walk(&mut self, prefix: &[String], tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => self.walk(&[prefix, &[path.ident.to_string()]].concat(), &path.tree),
            syn::UseTree::Name(leaf) => self.note(&[prefix, &[leaf.ident.to_string()]].concat()),
            syn::UseTree::Rename(leaf) => self.note(&[prefix, &[leaf.ident.to_string()]].concat()),
            syn::UseTree::Glob(_) => self.note(prefix),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.walk(prefix, item)),
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.walk(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.note(&segments);
        visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        // What is inside an inline module climbs from there.
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }
}

fn path_stem(word: &str) -> String {
    Path::new(word).file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let root = package().join("src");
    let files = tree().into_iter().filter(|path| path.starts_with(&root) && is_rust(path));
    files
        .map(|path| Source {
            path: path.strip_prefix(&root).unwrap().display().to_string(),
            text: read(&path),
        })
        .collect()
}

/// Every file of the package, in order.
fn tree() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![package().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match name(&path).as_str() {
                "target" | ".git" | "Cargo.lock" | "corpus" | "artifacts" => {}
                _ if path.is_dir() => folders.push(path),
                _ => files.push(path),
            }
        }
    }
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// What `[text](target)` points to, outside of code blocks.
fn link_targets(markdown: &str) -> Vec<String> {
    let prose = markdown.split("```").step_by(2);
    let targets = prose.flat_map(|text| text.split("](").skip(1));
    targets.filter_map(|rest| rest.split([')', ' ']).next()).map(str::to_owned).collect()
}
