import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const PACKAGE = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, PACKAGE), 'utf8');

test('the version is the gateway\'s', () => {
  const [, version] = /^version = "(.*)"$/m.exec(read('../../Cargo.toml')) ?? [];
  assert.equal(JSON.parse(read('package.json')).version, version);
  assert.equal(JSON.parse(read('package-lock.json')).version, version);
});

test('openapi-fetch is all that the package needs', () => {
  assert.deepEqual(Object.keys(JSON.parse(read('package.json')).dependencies), ['openapi-fetch']);
});
