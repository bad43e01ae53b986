/** What the API descriptions say about authentication: openapi-typescript makes no types of security schemes. */

import { readFileSync } from 'node:fs';

/** The parts of a security scheme that these tests use. */
export interface SecurityScheme {
  type: string;
  name?: string;
  scheme?: string;
  flows?: { clientCredentials?: { tokenUrl: string; scopes: Record<string, string> } };
}

const FOLDER = new URL('../../../../../openapi/', import.meta.url);

/** The security scheme `name` of a description. */
export function securityScheme(document: string, name: string): SecurityScheme {
  const described = JSON.parse(readFileSync(new URL(`${document}.json`, FOLDER), 'utf8'));
  return described.components.securitySchemes[name];
}

/** The header that carries a credential by the security scheme `name` of a description. */
export function authentication(document: string, name: string, credential: string): Record<string, string> {
  const { type, name: header, scheme } = securityScheme(document, name);
  if (type === 'apiKey' && header) return { [header]: credential };
  if (type === 'oauth2' || (type === 'http' && scheme === 'bearer')) return { authorization: `Bearer ${credential}` };
  throw new Error(`${document}.json: no header is known for the security scheme ${name}`);
}
