//! `drawbridge frontend apply`: a file that declares all frontends.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::Layout;

use crate::{
    command::failed,
    frontends::{BLOG, Registry, SHOP, assert_signed_in},
};

/// Writes a file, and returns its path.
fn write_file(folder: &TempDir, text: &str) -> String {
    let path = folder.path().join("frontends.json");
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// Writes a file that declares these frontends, and returns its path.
fn declare(folder: &TempDir, frontends: &Value) -> String {
    write_file(folder, &json!({ "frontends": frontends }).to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registry_matches_a_declared_file() {
    let folder = TempDir::new().unwrap();
    for layout in Layout::ON_EACH_DATABASE {
        let registry = Registry::start(layout).await;
        registry.output(&["add", "old", "--origin", BLOG]);
        let key = registry.output(&["add", "shop", "--origin", SHOP]);
        let file = declare(
            &folder,
            &json!([
                {"name": "shop", "origins": [SHOP, "https://shop.example.org"], "audiences": ["orders"]},
                {"name": "blog", "origins": [BLOG], "development": ["http://localhost:3000"]},
            ]),
        );

        let planned = registry.output(&["apply", &file, "--dry-run"]);
        let untouched = registry.list();
        let applied = registry.output(&["apply", &file]);
        let again = registry.output(&["apply", &file]);

        let plan = "remove old\n\
                    change shop\n  + audience orders\n  + site https://shop.example.org\n\
                    add blog\n  + development http://localhost:3000\n  + site https://blog.example.com";
        assert_eq!(planned, plan);
        assert!(untouched.contains("old") && !untouched.contains("blog\n"), "{untouched}");
        let (changes, new_key) = applied.split_once("\n  key ").unwrap();
        assert_eq!(changes, plan);
        assert_eq!(again, "no changes");
        assert!(!registry.list().contains("old"), "{}", registry.list());
        assert_signed_in(&registry.log_in(&key, "https://shop.example.org").await);
        assert_signed_in(&registry.log_in(new_key, BLOG).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_file_changes_nothing() {
    let folder = TempDir::new().unwrap();
    for layout in Layout::ON_EACH_DATABASE {
        let registry = Registry::start(layout).await;
        registry.output(&["add", "shop", "--origin", SHOP]);

        for (case, frontends, expected) in [
            (
                "an unknown field",
                json!([{"name": "a", "origins": [BLOG], "key": "x"}]),
                "unknown field `key`",
            ),
            (
                "a pattern below a public suffix",
                json!([{"name": "a", "origins": [BLOG], "previews": ["*.vercel.app"]}]),
                "a: previews: \"*.vercel.app\" would match hosts of other people",
            ),
            (
                "an origin twice",
                json!([{"name": "a", "origins": [BLOG]}, {"name": "b", "origins": [BLOG]}]),
                "https://blog.example.com is listed for both a and b; an origin belongs to one frontend, so remove it from \
                 one of them",
            ),
            (
                "an origin of a site and of developers",
                json!([{"name": "a", "origins": [BLOG]}, {"name": "b", "origins": [SHOP], "development": [BLOG]}]),
                "https://blog.example.com is listed for both a and b",
            ),
            (
                "the name of web-frontend",
                json!([{"name": "web-frontend", "origins": [BLOG]}]),
                "web-frontend is the name of the frontend that comes with Drawbridge; choose another name",
            ),
        ] {
            let text = failed(&registry.run(&["apply", &declare(&folder, &frontends)]));
            assert!(text.contains(expected), "{case}: {text}");
        }
        assert!(registry.list().contains(SHOP));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_a_list_is_not_an_empty_declaration() {
    let folder = TempDir::new().unwrap();
    for layout in Layout::ON_EACH_DATABASE {
        let registry = Registry::start(layout).await;
        registry.output(&["add", "shop", "--origin", SHOP]);

        for (case, text) in [
            ("an empty list", "[]".to_owned()),
            ("a list of frontends", json!([{"name": "blog", "origins": [BLOG]}]).to_string()),
        ] {
            let error = failed(&registry.run(&["apply", &write_file(&folder, &text)]));

            let expected = "the file contains a list, but must contain an object with the list in it: \
                            {\"frontends\": […]}";
            assert!(error.contains(expected), "{case}: {error}");
        }
        assert!(registry.list().contains(SHOP));
    }
}
