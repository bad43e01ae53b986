/** An access key of GenAuth. */
export interface AccessKey {
  accessKeyId: string;
  accessKeySecret: string;
}

const PREFIX = 'x-genauth-';
const encoder = new TextEncoder();

/**
 * Signs a GET request as GenAuth's SDKs do: HMAC-SHA1 over method, `x-genauth-…` headers, path and parameters. The time
 * is in `x-genauth-date`, since browsers do not let pages set `date`.
 */
export async function sign(request: Request, { accessKeyId, accessKeySecret }: AccessKey): Promise<void> {
  request.headers.set(`${PREFIX}date`, String(Date.now()));
  request.headers.set(`${PREFIX}signature-method`, 'HMAC-SHA1');
  request.headers.set(`${PREFIX}signature-nonce`, crypto.randomUUID());
  request.headers.set(`${PREFIX}signature-version`, '1.0');
  const signature = await hmacSha1(accessKeySecret, stringToSign(request));
  request.headers.set('authorization', `GenAuth ${accessKeyId}:${signature}`);
}

/** The method, the signed headers by name, and the path with its decoded parameters by name. */
export function stringToSign(request: Request): string {
  const url = new URL(request.url);
  const headers = [...request.headers].filter(([name]) => name === 'date' || name.startsWith(PREFIX)).sort(byName);
  const parameters = [...lists(url.searchParams)].sort(byName).map(([name, value]) => `${name}=${value}`);
  const path = parameters.length > 0 ? `${url.pathname}?${parameters.join('&')}` : url.pathname;
  return [request.method, ...headers.map(([name, value]) => `${name}:${value}`), path].join('\n');
}

/** Each parameter as signed: text unchanged, a list (`name[]`) as JSON. */
function lists(parameters: URLSearchParams): Map<string, string> {
  const signed = new Map<string, string>();
  for (const name of new Set(parameters.keys())) {
    const values = parameters.getAll(name);
    const isList = name.endsWith('[]');
    signed.set(isList ? name.slice(0, -2) : name, isList ? JSON.stringify(values) : (values[0] ?? ''));
  }
  return signed;
}

function byName([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function hmacSha1(secret: string, text: string): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-1' };
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign']);
  const signature = await crypto.subtle.sign('HMAC', key, encoder.encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(signature)));
}
