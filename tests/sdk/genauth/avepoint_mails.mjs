import { AVEPOINT, BASE_URL } from '../demo.mjs';

async function answerOf(path, init) {
  const response = await fetch(`${BASE_URL}${path}`, { method: 'POST', ...init });
  const body = await response.json();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(body)}`);
  return body;
}

async function accessToken() {
  const form = {
    grant_type: 'client_credentials',
    client_id: AVEPOINT.clientId,
    client_secret: AVEPOINT.clientSecret,
    scope: 'elements.um.user.read.all',
  };
  return (await answerOf('/connect/token', { body: new URLSearchParams(form) })).access_token;
}

/** The mail addresses of the first users the AvePoint face lists: the same users, seen through another face. */
export async function avepointMails(count) {
  const { customerId, tenantId } = AVEPOINT;
  const path = `/partner/external/v3/um/customers/${customerId}/tenants/${tenantId}/users/batch`;
  const { data } = await answerOf(`${path}?pageSize=100`, {
    headers: { authorization: `Bearer ${await accessToken()}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const mails = [...new Set(data.map(({ mail }) => mail).filter(Boolean))];
  if (mails.length < count) throw new Error(`only ${mails.length} of ${data.length} users have a mail address`);
  return mails.slice(0, count);
}
