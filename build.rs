//! Rebuilds the crate when a migration changes, since migrations are compiled in, and takes out of Swagger UI's archive
//! the two of its files that the documentation page loads.

use std::error::Error;
use std::io::{Cursor, Read as _};
use std::path::PathBuf;
use std::{env, fs};

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

const FILES: [&str; 2] = ["swagger-ui-bundle.js", "swagger-ui.css"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=migrations");
    let folder = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    for file in FILES {
        fs::write(folder.join(format!("{file}.gz")), gzipped(&mut archive, file)?)?;
    }
    Ok(())
}

/// A file as gzip (RFC 1952). In the archive it is compressed in the same way; only the frame differs.
fn gzipped(archive: &mut ZipArchive<Cursor<&[u8]>>, file: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let end = format!("/dist/{file}");
    let index = archive.file_names().position(|name| name.is_ok_and(|name| name.ends_with(&end)));
    let mut entry = archive.by_index_raw(index.ok_or_else(|| format!("the archive has no {file}"))?)?;
    // No name, no time, an unknown system.
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    entry.read_to_end(&mut gzip)?;
    gzip.extend(entry.crc32().to_le_bytes());
    gzip.extend(u32::try_from(entry.size())?.to_le_bytes());
    Ok(gzip)
}
