/** What the API descriptions say about authentication: openapi-typescript makes no types of security schemes. */

import { readFileSync } from 'node:fs';

const FOLDER = new URL('../../../../../openapi/', import.meta.url);

/** The parts of a security scheme that these tests use. */
interface SecurityScheme {
  type: string;
  scheme?: string;
}

/** The header that carries a credential by the security scheme `name` of a description. */
export function authentication(document: string, name: string, credential: string): Record<string, string> {
  const described = JSON.parse(readFileSync(new URL(`${document}.json`, FOLDER), 'utf8'));
  const { type, scheme }: SecurityScheme = described.components.securitySchemes[name];
  if (type === 'http' && scheme === 'bearer') return { authorization: `Bearer ${credential}` };
  throw new Error(`${document}.json: no header is known for the security scheme ${name}`);
}
