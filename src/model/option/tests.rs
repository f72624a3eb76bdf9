use std::collections::BTreeSet;

use super::*;

const TABLES: [&[OptionSpec]; 5] = [PROPERTIES, RESOURCE_META, OPERATION, OPERATION_RECORD, ALERT_META];

#[test]
fn names_are_unique_within_a_table() {
    for table in TABLES {
        let names: BTreeSet<&str> = table.iter().map(|option| option.name).collect();
        assert_eq!(names.len(), table.len());
    }
}

#[test]
fn defaults_are_values_of_their_kind_and_descriptions_are_sentences() {
    for option in TABLES.into_iter().flatten() {
        if let Some(default) = option.default {
            assert_eq!(option.fault(default), None, "{}", option.name);
        }
        assert!(option.description.ends_with('.'), "{}", option.name);
    }
}

#[test]
fn aliases_name_options_of_the_same_table() {
    for table in TABLES {
        for option in table {
            if let Standing::AliasOf(name) = option.standing {
                assert!(table.iter().any(|other| other.name == name), "{}", option.name);
            }
        }
    }
}

#[test]
fn lengths_of_time_are_read_strictly() {
    for good in ["0", "30", "30s", "5min", "5m", "100ms", "2h", "PT5M", "1 min"] {
        assert!(parse_period(good).is_ok(), "{good}");
    }
    for bad in ["", "s", "-1", "1.5s", "2 fortnights", "1d", "30 seconds ago", "P"] {
        assert!(parse_period(bad).is_err(), "{bad}");
    }
}
