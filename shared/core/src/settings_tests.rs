use super::*;

#[test]
fn every_invalid_setting_is_reported_by_name() {
    let lookup = fixed([("PORT", "eighty"), ("BIND", "localhost"), ("MASTER_SECRET", "short")]);
    let mut reader = Reader::new(&lookup);
    Listen::read(&mut reader, 8080);
    let master = reader.master_secret();
    let frontend = reader.frontend_origin();
    let errors = reader.finish(master.zip(frontend)).unwrap_err().to_string();
    for name in ["PORT", "BIND", "MASTER_SECRET", "FRONTEND_ORIGIN"] {
        assert!(errors.contains(name), "{name} is missing in: {errors}");
    }
    assert!(!errors.contains("short\""), "a secret's value is shown: {errors}");
}

#[test]
fn a_secret_comes_from_its_variable_or_its_file() {
    let file = std::env::temp_dir().join(format!("drawbridge-secret-{}", std::process::id()));
    std::fs::write(&file, "0123456789abcdef0123456789abcdef\n").unwrap();
    let path = file.to_str().unwrap();
    let read = |settings: Vec<(&str, &str)>| {
        let lookup = fixed(settings);
        let mut reader = Reader::new(&lookup);
        let secret = reader.master_secret();
        reader.finish(secret).map(|_| ()).map_err(|errors| errors.to_string())
    };
    let secret = "0123456789abcdef0123456789abcdef";
    assert_eq!(read(vec![("MASTER_SECRET", secret)]), Ok(()));
    assert_eq!(read(vec![("MASTER_SECRET_FILE", path)]), Ok(()));
    assert!(
        read(vec![("MASTER_SECRET", secret), ("MASTER_SECRET_FILE", path)]).unwrap_err().contains("both set")
    );
    assert!(read(vec![("MASTER_SECRET_FILE", "/nowhere")]).unwrap_err().contains("/nowhere"));
    assert!(read(vec![]).unwrap_err().contains("MASTER_SECRET_FILE"));
    std::fs::remove_file(file).unwrap();
}

#[test]
fn durations_have_bounds() {
    let lookup = fixed([("TOKEN_LIFETIME", "10 years")]);
    let mut reader = Reader::new(&lookup);
    let day = Duration::from_hours(24);
    reader.duration(
        Setting::new("TOKEN_LIFETIME", "The idle timeout."),
        day,
        Duration::from_mins(1)..=day * 365,
    );
    assert!(reader.finish(Some(())).unwrap_err().to_string().contains("TOKEN_LIFETIME must be"));
}

#[test]
fn a_site_name_fits_into_a_title() {
    let named = |name: &str| {
        let lookup = fixed([("SITE_NAME", name)]);
        let mut reader = Reader::new(&lookup);
        let name = reader.site_name();
        reader.finish(Some(name))
    };
    assert_eq!(named("Ada's Looms & Co."), Ok("Ada's Looms & Co.".to_owned()));
    assert_eq!(named(""), Ok("Drawbridge".to_owned()));
    assert!(named(&"x".repeat(61)).is_err() && named("Ada\u{7}").is_err());
}

#[test]
fn every_setting_that_is_read_is_documented() {
    let environment = fixed([("PORT", "80")]);
    let mut reader = Reader::new(&environment);
    Listen::read(&mut reader, 8080);

    let reference = reader.into_reference();

    let port = reference.iter().find(|row| row.name == "PORT").unwrap();
    assert_eq!(port.default, "8080");
    assert_eq!(port.values, "0 to 65535");
    assert!(reference.iter().any(|row| row.name == "DRAIN_TIME" && row.default == "0s"));
}
