use super::*;

const RULES: &str = "/private/open=public, /private/admin/*=role:admin, /private/*, /photo/*=second-factor";

#[test]
fn data_of_a_page_needs_what_the_page_needs() {
    for (url, expected) in [
        ("/_next/data/build-1/private/x.json", "signed-in"),
        ("/_next/data/build-1/private.json", "signed-in"),
        ("/_next/data/build-1/private/admin.json?id=1", "role:admin"),
        ("/_next/data/build-1/private/open.json", "public"),
        ("/_next/data/build-1/Private/Open.JSON", "signed-in"),
        ("/_next/data/build-1/index/private.json", "signed-in"),
        ("/_next/data/build-1/open.json", "public"),
        ("/_next/data/build-1/index.json", "public"),
        ("/_next/data/build%2D1/%70rivate/x.json", "signed-in"),
        ("/_next/data/build-1/..%2fprivate.json", "ambiguous"),
        ("/_next/data//build-1/private.json", "ambiguous"),
        ("/_next/data/build-1/open.json/../private.json", "ambiguous"),
        ("/_next/postponed/resume/private/x", "signed-in"),
        ("/_next/static/chunks/app/private/page.js", "public"),
        ("/shop/_next/data/build-1/private.json", "signed-in"),
        ("/_next/data/b/_next/data/b/private.json", "signed-in"),
        ("/_next/data", "public"),
        ("/_next", "public"),
    ] {
        assert_eq!(decide_next(RULES, url), expected, "{url}");
    }
}

#[test]
fn a_base_path_precedes_the_data_of_a_page() {
    let url = "/shop/_next/data/build-1/cart.json";

    assert_eq!(decide_next("/shop/cart", url), "signed-in");
    assert_eq!(decide_next("/shop", "/shop/_next/data/build-1/index.json"), "signed-in");
    assert_eq!(decide_next("/cart", url), "signed-in");
    assert_eq!(decide_next("/other", url), "public");
}

#[test]
fn the_page_at_the_root_has_data_too() {
    for url in [
        "/",
        "/_next/data/build-1/index.json",
        "/index.rsc",
        "/index.txt",
        "/index.segments/_tree.segment.rsc",
        "/__next._tree.txt",
        "/?_rsc=1",
    ] {
        assert_eq!(decide_next("/", url), "signed-in", "{url}");
    }
    assert_eq!(decide_next("/", "/_next/data/build-1/other.json"), "public");
}

#[test]
fn components_of_a_page_need_what_the_page_needs() {
    for (url, expected) in [
        ("/private/x?_rsc=abc", "signed-in"),
        ("/private.rsc", "signed-in"),
        ("/private.prefetch.rsc", "signed-in"),
        ("/private.txt", "signed-in"),
        ("/private/admin.rsc", "role:admin"),
        ("/private/admin.segments/_tree.segment.rsc", "role:admin"),
        ("/private.segments/private/__PAGE__.segment.rsc", "signed-in"),
        ("/private/open.rsc", "signed-in"),
        ("/feed/(..)photo/1", "second-factor"),
        ("/feed/(.)photo/1", "second-factor"),
        ("/a/b/(...)photo/1", "second-factor"),
        ("/a/b/(..)(..)photo", "second-factor"),
        ("/feed/(..)other/1", "public"),
        ("/wiki/(disambiguation)", "public"),
    ] {
        assert_eq!(decide_next(RULES, url), expected, "{url}");
    }
}

#[test]
fn an_image_needs_what_its_source_needs() {
    for (url, expected) in [
        ("/_next/image?url=%2Fprivate%2Fx.png&w=64&q=75", "signed-in"),
        ("/_next/image/?w=64&url=/private/x.png", "signed-in"),
        ("/_next/image?u%72l=%2F%70rivate", "signed-in"),
        ("/_next/image?url=%2Fprivate%2Fopen", "public"),
        ("/_next/image?url=%2Fphoto%2F1%3Fv%3D1", "second-factor"),
        ("/_next/image?url=http%3A%2F%2Flocalhost%3A3000%2Fprivate%2Fx", "signed-in"),
        ("/_next/image?url=//localhost/private", "signed-in"),
        ("/_next/image?url=%2Fopen%2F..%2Fprivate", "ambiguous"),
        ("/_next/image?url=private/x.png", "signed-in"),
        ("/_next/image?url=/a&url=/private", "ambiguous"),
        ("/_next/image?url=/_next/image?url=/private", "signed-in"),
        ("/_next/image?url=/open.png", "public"),
        ("/_next/image?w=64", "public"),
        ("/%5Fnext/im%61ge?url=/private", "signed-in"),
        ("/_next//image?url=/private", "signed-in"),
        ("/shop/_next/image?url=/private", "signed-in"),
        ("/search?url=/private", "public"),
    ] {
        assert_eq!(decide_next(RULES, url), expected, "{url}");
    }
}

#[test]
fn a_public_page_can_show_optimized_images() {
    let text = "/=public, /_next/static/*=public, /_next/image=public, /logo.png=public, /*";

    for (url, expected) in [
        ("/_next/static/chunks/app/%5Bslug%5D/page-1.js", "public"),
        ("/_next/image?url=%2Flogo.png&w=64&q=75", "public"),
        ("/_next/image?url=%2Fother.png&w=64&q=75", "signed-in"),
        ("/_next/data/build-1/index.json", "signed-in"),
    ] {
        assert_eq!(decide_next(text, url), expected, "{url}");
    }
}

#[test]
fn deeply_nested_images_are_refused() {
    let mut url = "/open.png".to_owned();
    for _ in 0..6 {
        url = format!("/_next/image?url={}", url.replace('%', "%25").replace('?', "%3F").replace('&', "%26"));
    }

    assert_eq!(decide_next(RULES, &url), "ambiguous");
}

#[test]
fn images_are_read_by_get_whatever_the_method() {
    let rules = rules("GET /private/*").with_next_paths();
    let request = RuleRequest { method: "POST", query: Some("url=/private/x"), ..get("/_next/image") };

    assert_eq!(describe(&rules.decide(&request)), "signed-in");
}

#[test]
fn parameters_that_only_nextjs_sets_are_refused() {
    for (url, expected) in [
        ("/post/hello?nxtPslug=secret", "ambiguous"),
        ("/post/hello?a=1&%6extPslug=secret", "ambiguous"),
        ("/post/hello?__nextLocale=de", "ambiguous"),
        ("/post/hello?next=/x", "public"),
    ] {
        assert_eq!(decide_next(RULES, url), expected, "{url}");
    }
}

#[test]
fn names_that_contradict_each_other_are_refused() {
    let text = "/private/*=role:a, /_next/*=second-factor";

    assert_eq!(decide_next(text, "/_next/data/build-1/private.json"), "ambiguous");
    assert_eq!(decide_next(text, "/_next/data/build-1/other.json"), "second-factor");
}

#[test]
fn without_the_preset_the_names_mean_nothing() {
    let rules = rules(RULES);

    for path in ["/_next/data/build-1/private/x.json", "/private.segments/x", "/feed/(..)photo/1"] {
        assert_eq!(decide(&rules, path), "public", "{path}");
    }
}
