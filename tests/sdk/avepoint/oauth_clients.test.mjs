import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import * as openid from 'openid-client';
import { AVEPOINT, BASE_URL } from '../demo.mjs';

// POST /connect/token by OAuth 2.0 clients that know nothing of AvePoint, each as its own documentation uses it.

const require = createRequire(import.meta.url);
const { ClientCredentials } = require('simple-oauth2');
const openid5 = require('openid-client-5.7.1');

const SCOPE = 'elements.um.user.read.all';
const UNKNOWN_SCOPE = 'elements.moon.read.all';
const { customerId, tenantId } = AVEPOINT;
const TENANT_URL = `${BASE_URL}/partner/external/v3/um/customers/${customerId}/tenants/${tenantId}`;
const USERS_URL = `${TENANT_URL}/users/batch?pageSize=1`;
const JSON_TYPE = { 'content-type': 'application/json' };

const { AVEPOINT_ASSERTION_CLIENT_ID: ASSERTION_CLIENT_ID, AVEPOINT_ASSERTION_KEY_FILE: KEY_FILE } = process.env;
const hasKey = Boolean(ASSERTION_CLIENT_ID && KEY_FILE);

/** What proves that a client is who it says, and the same of another. */
const SECRET = { id: AVEPOINT.clientId, right: AVEPOINT.clientSecret, wrong: `${AVEPOINT.clientSecret}x` };
const KEY = {
  id: ASSERTION_CLIENT_ID,
  right: hasKey && createPrivateKey(readFileSync(KEY_FILE)),
  wrong: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  skip: hasKey ? false : 'AVEPOINT_ASSERTION_CLIENT_ID and AVEPOINT_ASSERTION_KEY_FILE are not both set',
};

/**
 * What each client must get by each of its `methods`, which have the kind of `proof` and, for each form of it, once the
 * status of a wrong one: the gateway answers 429 after some fifty failures of an address.
 *
 * `grant` resolves to the library's `token`, to the seconds in which it expires, and to the users' `response`;
 * `refusal` turns the library's own error into its HTTP status and the code of RFC 6749.
 */
function describeClient(name, { methods, grant, refusal }) {
  describe(name, () => {
    for (const [method, { proof, wrongStatus }] of Object.entries(methods)) {
      const { id, right, wrong, skip } = proof;
      const refused = (...request) => grant(method, ...request).then(assert.fail, refusal);

      test(`${method}: a token that reads users`, { skip }, async () => {
        const { token, seconds, response } = await grant(method, id, right, SCOPE);
        assert.match(token.token_type, /^bearer$/i);
        assert.equal(token.scope, SCOPE);
        assert.ok(seconds > 3_590 && seconds <= 3_600, `expires in ${seconds} s`);
        assert.equal(response.status, 200, response.text);
        assert.equal(JSON.parse(response.text).data.length, 1);
      });

      if (wrongStatus) {
        test(`${method}: a wrong proof is invalid_client`, { skip }, async () => {
          assert.deepEqual(await refused(id, wrong, SCOPE), [wrongStatus, 'invalid_client']);
        });
      }

      test(`${method}: an unknown scope is invalid_scope`, { skip }, async () => {
        assert.deepEqual(await refused(id, right, UNKNOWN_SCOPE), [400, 'invalid_scope']);
      });
    }
  });
}

const secondsUntil = (date) => (date - Date.now()) / 1_000;
const answered = async (response) => ({ status: response.status, text: await response.text() });

/** How simple-oauth2 authenticates; without options, as with `header`. */
const SIMPLE_OAUTH2 = {
  'without options': { proof: SECRET },
  header: { proof: SECRET, wrongStatus: 401, options: { authorizationMethod: 'header' } },
  body: { proof: SECRET, wrongStatus: 400, options: { authorizationMethod: 'body' } },
};

describeClient('simple-oauth2 5.1.0', {
  methods: SIMPLE_OAUTH2,
  async grant(method, id, secret, scope) {
    const auth = { tokenHost: BASE_URL, tokenPath: '/connect/token' };
    const { options } = SIMPLE_OAUTH2[method];
    const { token } = await new ClientCredentials({ client: { id, secret }, auth, options }).getToken({ scope });
    const headers = { ...JSON_TYPE, authorization: `${token.token_type} ${token.access_token}` };
    const response = await answered(await fetch(USERS_URL, { method: 'POST', headers, body: '{}' }));
    return { token, seconds: secondsUntil(token.expires_at), response };
  },
  refusal: ({ output, data }) => [output?.statusCode, data?.payload?.error],
});

/** How openid-client 6 authenticates; without a method, as with ClientSecretPost. */
const OPENID_6 = {
  'without a method': { proof: SECRET, metadata: (secret) => secret },
  ClientSecretPost: { proof: SECRET, wrongStatus: 400, by: openid.ClientSecretPost },
  ClientSecretBasic: { proof: SECRET, wrongStatus: 401, by: openid.ClientSecretBasic },
  'PrivateKeyJwt, RS256': { proof: KEY, by: assertionsSignedWith('RSASSA-PKCS1-v1_5') },
  'PrivateKeyJwt, PS256': { proof: KEY, wrongStatus: 400, by: assertionsSignedWith('RSA-PSS') },
};

/** Takes WebCrypto's name of the algorithm. */
function assertionsSignedWith(name) {
  return async (key) => {
    const der = key.export({ type: 'pkcs8', format: 'der' });
    const imported = await webcrypto.subtle.importKey('pkcs8', der, { name, hash: 'SHA-256' }, false, ['sign']);
    return openid.PrivateKeyJwt(imported);
  };
}

/** The documents by what openid-client 6 calls them. */
const DOCUMENTS = { oidc: 'openid-configuration', oauth2: 'oauth-authorization-server' };

/** The methods to test by a document: a wrong proof is the same by either. */
function methodsBy(document, methods) {
  if (document === DOCUMENTS.oidc) return methods;
  const withoutWrongProof = ([name, method]) => [name, { ...method, wrongStatus: undefined }];
  return Object.fromEntries(Object.entries(methods).map(withoutWrongProof));
}

for (const [algorithm, document] of Object.entries(DOCUMENTS)) {
  describeClient(`openid-client 6.9.0 by ${document}`, {
    methods: methodsBy(document, OPENID_6),
    async grant(method, id, proof, scope) {
      const { by, metadata } = OPENID_6[method];
      const options = { algorithm, execute: [openid.allowInsecureRequests] };
      const config = await openid.discovery(new URL(BASE_URL), id, metadata?.(proof), await by?.(proof), options);
      const token = await openid.clientCredentialsGrant(config, { scope });
      const [url, headers] = [new URL(USERS_URL), new Headers(JSON_TYPE)];
      const response = await openid.fetchProtectedResource(config, token.access_token, url, 'POST', '{}', headers);
      return { token, seconds: token.expiresIn(), response: await answered(response) };
    },
    async refusal(error) {
      // A challenge, which RFC 6749 asks for after a wrong Basic, hides the body behind an error of its own.
      if (error instanceof openid.WWWAuthenticateChallengeError) {
        assert.equal(error.cause[0].scheme, 'basic');
        return [error.status, (await error.response.json()).error];
      }
      assert.ok(error instanceof openid.ResponseBodyError, error);
      return [error.status, error.error];
    },
  });
}

/** How openid-client 5 authenticates: as its metadata say, by default as with client_secret_basic. */
const OPENID_5 = {
  'without a method': { proof: SECRET },
  client_secret_basic: { proof: SECRET, wrongStatus: 401, metadata: authMethod('client_secret_basic') },
  client_secret_post: { proof: SECRET, wrongStatus: 400, metadata: authMethod('client_secret_post') },
  'private_key_jwt, RS256': { proof: KEY, metadata: authMethod('private_key_jwt', 'RS256') },
  'private_key_jwt, PS256': { proof: KEY, wrongStatus: 400, metadata: authMethod('private_key_jwt', 'PS256') },
};

function authMethod(name, algorithm) {
  return {
    token_endpoint_auth_method: name,
    ...(algorithm && { token_endpoint_auth_signing_alg: algorithm }),
  };
}

for (const document of Object.values(DOCUMENTS)) {
  describeClient(`openid-client 5.7.1 by ${document}`, {
    methods: methodsBy(document, OPENID_5),
    async grant(method, id, proof, scope) {
      const issuer = await openid5.Issuer.discover(`${BASE_URL}/.well-known/${document}`);
      const isSecret = typeof proof === 'string';
      const metadata = { client_id: id, ...OPENID_5[method].metadata, ...(isSecret && { client_secret: proof }) };
      const client = new issuer.Client(metadata, isSecret ? undefined : { keys: [proof.export({ format: 'jwk' })] });
      const token = await client.grant({ grant_type: 'client_credentials', scope });
      const call = { method: 'POST', headers: JSON_TYPE, body: '{}' };
      const { statusCode: status, body } = await client.requestResource(USERS_URL, token, call);
      return { token, seconds: token.expires_in, response: { status, text: body.toString() } };
    },
    refusal(error) {
      assert.ok(error instanceof openid5.errors.OPError, error);
      return [error.response.statusCode, error.error];
    },
  });
}
