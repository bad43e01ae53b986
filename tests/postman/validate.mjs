// Fails if a collection is not valid by the published schema of its format.
//
// Usage: node tests/postman/validate.mjs COLLECTION...

import { readFileSync } from 'node:fs';
import Ajv from 'ajv';

const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
const schema = read(new URL('collection.schema.json', import.meta.url));
const isValid = new Ajv().compile(schema);

for (const path of process.argv.slice(2)) {
    if (isValid(read(path))) continue;
    console.error(`${path} is not a valid collection:`, isValid.errors);
    process.exitCode = 1;
}
