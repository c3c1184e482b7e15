use chrono::TimeDelta;

/// Parses a period such as `90m` or `7d`.
pub(crate) fn parse_period(text: &str) -> Result<TimeDelta, String> {
    let period = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    TimeDelta::from_std(period).map_err(|error| error.to_string())
}
