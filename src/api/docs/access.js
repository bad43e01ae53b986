// How callers of each API authenticate: what they fill in, and what that is exchanged for.

/** What the page asks for, by API: the fields' labels by name, and what the credentials give. */
export const ACCESS = {
  bitbadges: {
    how: 'Every request carries the API key in x-api-key.',
    fields: { secret: 'API key' },
    scheme: 'apiKey',
    obtain: async ({ secret }) => secret,
  },
  avepoint: {
    how: 'The client id and secret are exchanged for a token, by POST /connect/token.',
    fields: { id: 'Client id', secret: 'Client secret' },
    scheme: 'oauth2',
    obtain: avepointToken,
  },
  genauth: {
    how: 'The access key is exchanged for a token, by POST /api/v3/get-management-token.',
    fields: { id: 'Access key id', secret: 'Access key secret' },
    scheme: 'token',
    obtain: genauthToken,
  },
  scim: {
    how: 'Every request carries the identity provider’s token.',
    fields: { secret: 'Token' },
    scheme: 'bearer',
    obtain: async ({ secret }) => secret,
  },
  admin: {
    how: 'Every request carries the operators’ token, USERBATCH_ADMIN_TOKEN.',
    fields: { secret: 'Token' },
    scheme: 'bearer',
    obtain: async ({ secret }) => secret,
  },
};

async function avepointToken({ id, secret }, document) {
  const { scopes } = document.components.securitySchemes.oauth2.flows.clientCredentials;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: id,
    client_secret: secret,
    scope: Object.keys(scopes).join(' '),
  });
  const response = await fetch('/connect/token', { method: 'POST', body: form });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error_description ?? answer.error);
  return answer.access_token;
}

async function genauthToken({ id, secret }) {
  const response = await fetch('/api/v3/get-management-token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ accessKeyId: id, accessKeySecret: secret }),
  });
  const answer = await response.json();
  if (!answer.data?.access_token) throw new Error(answer.message);
  return answer.data.access_token;
}

/** The names that the requests for tokens give to a credential's id and secret. */
const NAMES = {
  client_id: 'id',
  client_secret: 'secret',
  accessKeyId: 'id',
  accessKeySecret: 'secret',
};

/** Writes the credential into the examples of the requests for tokens. */
export function fillIn(document, login) {
  for (const operation of Object.values(document.paths).flatMap(Object.values)) {
    for (const [type, body] of Object.entries(operation.requestBody?.content ?? {})) {
      for (const name of Object.keys(body.example ?? {})) {
        if (login[NAMES[name]]) body.example[name] = login[NAMES[name]];
      }
      if (type === 'application/x-www-form-urlencoded') showInForm(document, body);
    }
  }
}

/** Swagger UI fills in forms from their fields' examples, not from the whole one. */
function showInForm(document, body) {
  const name = body.schema.$ref?.split('/').at(-1);
  const schema = structuredClone(name ? document.components.schemas[name] : body.schema);
  for (const [field, property] of Object.entries(schema.properties)) {
    // Without an example it would fill in the type's name.
    schema.properties[field] = { ...property, example: body.example?.[field] ?? '' };
  }
  body.schema = schema;
  delete body.example;
}
