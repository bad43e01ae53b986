import { basename } from 'node:path';

/**
 * A node:test reporter that ends with one line of JSON: how many tests passed, failed and were skipped.
 *
 * Node counts a file without tests as one passing test, so the per-file entry, which is named after the file, is
 * counted only when it failed (the file could not be loaded), and files that held no test are listed in `empty`.
 */
export default async function* summary(source) {
  const counts = { passed: 0, failed: 0, skipped: 0, empty: [] };
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details?.type === 'suite') continue;
    const isFile = data.nesting === 0 && data.name.endsWith('.test.mjs');
    if (type === 'test:fail') counts.failed += 1;
    else if (isFile) counts.empty.push(basename(data.name));
    else if (data.skip !== undefined) counts.skipped += 1;
    else counts.passed += 1;
  }
  yield `${JSON.stringify(counts)}\n`;
}
