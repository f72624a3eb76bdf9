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
    ("api", &["model", "status", "scheduler", "executor", "cluster"]),
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
    let has_examples = package().join("examples").is_dir();
    let tests: String = tree()
        .into_iter()
        .filter(|path| is_rust(path))
        .filter(|path| !path.ends_with("tidy.rs"))
        .map(|path| read(&path))
        .collect();
    assert!(!has_examples || tests.contains("examples"), "no test reads the examples");
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

    /// How deep below the crate's root the module is.
    fn depth(&self) -> usize {
        let parts = self.path.split('/').count();
        if self.path.ends_with("/mod.rs") { parts - 1 } else { parts }
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
        let mut imports = Imports { depth: self.depth(), found: Vec::new() };
        imports.visit_file(&syn::parse_file(&self.text).unwrap());
        imports.found.retain(|name| {
            package().join(format!("src/{name}")).is_dir()
                || package().join(format!("src/{name}.rs")).is_file()
        });
        imports.found.sort();
        imports.found.dedup();
        imports.found
    }
}

struct Imports {
    depth: usize,
    found: Vec<String>,
}

impl Imports {
    /// Notes the segment after `crate`, or after enough `super`s to reach the crate's root.
    fn note(&mut self, segments: &[String]) {
        let climbs = segments.iter().take_while(|segment| *segment == "super").count();
        let below_root = match segments.first().map(String::as_str) {
            Some("crate") => segments.get(1),
            Some("super") if climbs >= self.depth => segments.get(climbs),
            Some(_) | None => None,
        };
        self.found.extend(below_root.cloned());
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

impl<'ast> Visit<'ast> for Imports {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.walk(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.note(&segments);
        visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        // Inside an inline module one more `super` is needed to climb as far.
        self.depth += 1;
        visit::visit_item_mod(self, item);
        self.depth -= 1;
    }
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
