//! What was measured, as a table for people.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use domain_definitions::comparison::ratio;
use domain_definitions::measured::WORKS;
use domain_definitions::measured::results::Results;

use super::compare::meaning;

/// The numbers of some machines, each in a column; of two, how many times the first one's the second one's is, and
/// what that means, as well.
#[must_use]
pub fn table(results: &Results, machines: &[String]) -> String {
    let mut table = Table::new();
    table.load_preset(NOTHING);
    let is_pair = machines.len() == 2;
    let mut header = vec![String::new(), "counted".to_owned()];
    header.extend(machines.iter().cloned());
    if is_pair {
        header.extend(["ratio", "the first is"].map(str::to_owned));
    }
    table.set_header(header);
    for work in WORKS {
        for (quantity, bound) in work.counted {
            let values: Vec<_> = machines.iter().map(|machine| results.get(machine, work, *quantity)).collect();
            if values.iter().all(Option::is_none) {
                continue;
            }
            let mut row = vec![work.title.to_owned(), quantity.column().to_owned()];
            row.extend(values.iter().map(|value| value.map_or_else(String::new, |value| value.to_string())));
            if let (true, [Some(ours), Some(theirs)]) = (is_pair, &values[..]) {
                let ratio = if bound.compares(*ours) { ratio(bound, *ours, *theirs) } else { String::new() };
                row.extend([ratio, meaning(bound, *quantity, *ours, *theirs).to_owned()]);
            }
            table.add_row(row);
        }
    }
    for column in 2..2 + machines.len() + usize::from(is_pair) {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_machines_are_compared_and_three_are_listed() {
        let text = "a\tread-random-1\taccesses\t0\nb\tread-random-1\taccesses\t700\nb\tmemory\treturned\t3\n";
        let results = Results::parse(text).unwrap();
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let words = |table: &str| -> Vec<String> {
            table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
        };
        let two = words(&table(&results, &names(&["a", "b"])));
        assert_eq!(two[0], "counted a b ratio the first is");
        assert_eq!(two[1], "100 random reads accesses 0 700 ∞ better");
        assert_eq!(two[2], "memory given back MiB given back 3");
        let three = words(&table(&results, &names(&["a", "b", "c"])));
        assert_eq!(three[1], "100 random reads accesses 0 700");
    }
}
