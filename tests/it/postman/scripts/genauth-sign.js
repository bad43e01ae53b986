// Signs the request with the access key's secret:
//
//     signature = Base64(HMAC-SHA1(secret, text))
//
// where the text is the method, the signed headers in order, one a line, and the path with the decoded parameters. It
// is valid for 15 minutes, and once. A date or a nonce that the request has already is kept.
const { HmacSHA1, enc } = require('crypto-js');
const { Url } = require('postman-collection');

const resolved = (text) => pm.variables.replaceIn(text);

function decoded(text) {
    try {
        return decodeURIComponent(text);
    } catch {
        return text; // with a lone %, which Postman escapes
    }
}

function setUnlessSet(name, value) {
    if (!pm.request.headers.has(name)) pm.request.headers.add({ key: name, value });
}

// The headers that count, as name:value, sorted by name.
function signedHeaders() {
    const headers = pm.request.headers
        .filter((header) => !header.disabled && header.key.toLowerCase().startsWith('x-genauth-'))
        .map((header) => [header.key.toLowerCase(), resolved(header.value).trim()]);
    return headers.sort(([a], [b]) => (a < b ? -1 : 1)).map((header) => header.join(':'));
}

// The parameters as name=value, sorted by name; one given several times, or with [], is a JSON array.
function parameters(url) {
    const values = new Map();
    for (const { key, value } of url.query.all()) {
        const name = decoded(key).replace(/\[\]$/, '');
        const { isList, all } = values.get(name) || { isList: key !== name, all: [] };
        values.set(name, { isList: isList || all.length > 0, all: [...all, decoded(value || '')] });
    }
    return [...values.keys()].sort().map((name) => {
        const { isList, all } = values.get(name);
        return `${name}=${isList ? JSON.stringify(all) : all[0]}`;
    });
}

setUnlessSet('x-genauth-date', new Date().toUTCString());
setUnlessSet('x-genauth-signature-method', 'HMAC-SHA1');
setUnlessSet('x-genauth-signature-nonce', pm.variables.replaceIn('{{$guid}}'));
setUnlessSet('x-genauth-signature-version', '1.0');

const url = new Url(resolved(pm.request.url.toString()));
const query = parameters(url).join('&');
const text = [pm.request.method, ...signedHeaders(), url.getPath() + (query && `?${query}`)].join('\n');
const secret = pm.variables.get('GENAUTH_ACCESS_KEY_SECRET');
const signature = enc.Base64.stringify(HmacSHA1(text, secret));
const authorization = `GenAuth ${pm.variables.get('GENAUTH_ACCESS_KEY_ID')}:${signature}`;
pm.request.headers.upsert({ key: 'authorization', value: authorization });
