use super::*;

/// The parameters of `url`, sorted.
fn parameters(url: &str) -> String {
    let mut pairs: Vec<(String, String)> =
        read(url).unwrap_or_else(|fault| panic!("{url}: {fault}")).into_iter().collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

fn fault(url: &str) -> UrlFault {
    read(url).err().expect(url)
}

#[test]
fn a_url_is_read_as_psql_reads_it() {
    for (url, expected) in [
        ("postgres://", ""),
        ("postgresql://u@h/d", "dbname=d host=h user=u"),
        ("postgres://u:p@[::1]:5432/d", "dbname=d host=::1 password=p port=5432 user=u"),
        ("postgres://[fe80::1]", "host=fe80::1"),
        ("postgres://u@/d?host=/run/pg", "dbname=d host=/run/pg user=u"),
        ("postgres://%2Frun%2Fpg:5433/d", "dbname=d host=/run/pg port=5433"),
        ("postgres://:5433/d", "dbname=d port=5433"),
        ("postgres://h?user=u&dbname=d", "dbname=d host=h user=u"),
        ("postgres://h/d?host=i&port=1", "dbname=d host=i port=1"),
        ("postgres://u:p%40%2F%23@h", "host=h password=p@/# user=u"),
        ("postgres://u:a#b?c@d@h/d", "dbname=d host=h password=a#b?c@d user=u"),
        ("postgres://h/d?password=a+b%20c=d", "dbname=d host=h password=a+b c=d"),
        (
            "postgres://h/d?options=-c search_path%3Dx&options[geqo]=off",
            "dbname=d host=h options=-c search_path=x options[geqo]=off",
        ),
        ("postgres://h?ssl=true", "host=h sslmode=require"),
        ("postgres://h?sslmode=allow", "host=h sslmode=prefer"),
        ("postgres://h?sslmode=require&ssl-ca=/dev/null", "host=h sslmode=verify-ca sslrootcert=/dev/null"),
        ("postgres://h?sslrootcert=system", "host=h sslmode=verify-full"),
        ("postgres://h?channel_binding=prefer&target_session_attrs=any&connect_timeout=3", "host=h"),
    ] {
        assert_eq!(parameters(url), expected, "{url}");
    }
}

#[test]
fn what_cannot_be_used_is_named_and_quotes_no_secret() {
    let secret = "SeCrEt";
    for (url, expected) in [
        ("mysql://u:SeCrEt@h", "must start with postgres://"),
        ("postgres://u:SeCrEt%@h", "write % itself as %25"),
        ("postgres://u:SeCrEt%00@h", "write % itself as %25"),
        ("postgres://u:SeCrEt%ff@h", "write % itself as %25"),
        ("postgres://u:SeCrEt@[::1/d", "in brackets"),
        ("postgres://u:SeCrEt@h,i/d", "several hosts"),
        ("postgres://u:SeCrEt@h:1,2/d", "several hosts"),
        ("postgres://u:SeCrEt@h:65536/d", "from 1 to 65535"),
        ("postgres://u:Se/CrEt@h/d", "write / as %2F"),
        ("postgres://u:12/3?SeCrEt=1@h/d", "write / as %2F"),
        ("postgres://h?SeCrEt", "name=value"),
        ("postgres://h?sslmode=SeCrEt", "sslmode must be disable, allow"),
        ("postgres://h?sslpassword=SeCrEt", "sslpassword is not supported"),
        ("postgres://h?PASSWORD=SeCrEt", "PASSWORD is not supported"),
        ("postgres://h?channel_binding=require", "channel_binding must be disable or prefer"),
        (
            "postgres://h?sslcert=/dev/null&sslkey=-----BEGIN PRIVATE KEY-----SeCrEt",
            "sslkey names cannot be read",
        ),
        ("postgres://h?sslkey=SeCrEt", "together"),
        ("postgres://h?sslrootcert=/nowhere/root.crt", "sslrootcert names cannot be read"),
        ("postgres://h?sslrootcert=system&sslmode=require", "verify-full if sslrootcert is system"),
        ("postgres://h?host=i&hostaddr=127.0.0.1", "leave out the host"),
    ] {
        let fault = fault(url);
        let text = SettingError::DatabaseUrl { name: "DATABASE_URL", fault }.to_string();
        assert!(text.starts_with("DATABASE_URL: ") && text.contains(expected), "{url}: {text}");
        assert!(!text.contains(secret) && !text.contains("CrEt"), "{url}: {text}");
    }
}

#[test]
fn what_is_written_anew_says_the_same() {
    let url = "postgres://u:p%26%25=@[::1]/d?options=-c%20search_path%3Dx".to_owned().into();
    let anew = database_url("DATABASE_URL", &url).unwrap();
    let anew = anew.expose_secret();
    assert_eq!(
        anew,
        "postgres:///?user=u&password=p%26%25%3D&host=%3A%3A1&dbname=d&options=%2Dc%20search%5Fpath%3Dx"
    );
    assert_eq!(parameters(anew), parameters(url.expose_secret()));
}
