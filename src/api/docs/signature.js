// GenAuth's signature of a request, made by the browser itself (WebCrypto).

const encoder = new TextEncoder();

async function hmacSha1(secret, text) {
  const algorithm = { name: 'HMAC', hash: 'SHA-1' };
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign']);
  const signature = await crypto.subtle.sign('HMAC', key, encoder.encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(signature)));
}

/** The string to sign: `headers` and `parameters` are objects with decoded values. */
export function stringToSign(method, path, headers, parameters) {
  const lines = Object.entries(headers).sort(byName).map(([name, value]) => `${name}:${value}\n`);
  const pairs = Object.entries(parameters).sort(byName).map(([name, value]) => `${name}=${value}`);
  return `${method}\n${lines.join('')}${path}?${pairs.join('&')}`;
}

const byName = ([a], [b]) => (a < b ? -1 : 1);

/** The headers of a GET request signed with the access key, and the string that was signed. */
export async function sign({ id, secret }, path, parameters) {
  if (!globalThis.crypto?.subtle) throw new Error('Browsers sign only on pages from HTTPS or from this machine.');
  const headers = {
    'x-genauth-date': new Date().toISOString(),
    'x-genauth-signature-method': 'HMAC-SHA1',
    'x-genauth-signature-nonce': crypto.randomUUID(),
    'x-genauth-signature-version': '1.0',
  };
  const text = stringToSign('GET', path, headers, parameters);
  const authorization = `GenAuth ${id}:${await hmacSha1(secret, text)}`;
  return { text, headers: { ...headers, authorization } };
}
