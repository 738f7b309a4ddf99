//! The pages of the codes tell the truth: every example is refused with its code, and with nothing else, and what
//! stands under "Instead" is fine.

use mana_mcp_codegen::Code;
use mana_mcp_codegen::diagnostics::pages;

#[test]
fn every_example_is_refused_with_its_code_alone() {
    for code in Code::ALL {
        let (_, problems) = code.page().example.problems();
        let found: Vec<(Code, &str)> = problems.iter().map(|one| (one.code(), one.message())).collect();
        assert!(!found.is_empty() && found.iter().all(|(found, _)| found == code), "{code:?}: {found:#?}");
    }
}

#[test]
fn what_is_to_be_written_instead_is_right() {
    for code in Code::ALL {
        let (_, problems) = code.page().instead.problems();
        let found: Vec<&str> = problems.iter().map(|one| one.message()).collect();
        assert!(found.is_empty(), "{code:?}: {found:#?}");
    }
}

#[test]
fn a_code_is_found_by_its_number_and_by_its_slug() {
    for code in Code::ALL {
        for name in [code.id(), &code.id().to_lowercase(), &code.id()[1..], code.slug()] {
            assert_eq!(Code::parse(name), Some(*code), "{name}");
        }
    }
    for name in ["", "C", "C0000", "C9999", "99999999999999999999", "missing key", "CC0007C", "-7"] {
        assert_eq!(Code::parse(name), None, "{name}");
    }
    assert_eq!(Code::suggest("mising-key").unwrap(), "did you mean `missing-key`?");
}

#[test]
fn a_page_says_what_why_and_what_instead() {
    let files = pages::files();
    assert_eq!(files.len(), Code::ALL.len() + 1);
    for code in Code::ALL {
        let page = &files[&format!("{}/{}", pages::FOLDER, code.file_name())];
        assert!(page.starts_with(&format!("# {}: {}\n\n{}", code.id(), code.slug(), code.summary().trim())));
        for part in [code.page().why, "## Example", "## Instead", &format!("[{}]", code.id())] {
            assert!(page.contains(part), "{part} is not in\n{page}");
        }
        assert!(files[&format!("{}/README.md", pages::FOLDER)].contains(&code.file_name()));
    }
}
