/** How to reach the demo, from the env file that `userbatch demo --env-file` writes. */

export function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; start the tests with .ci/with-demo .ci/typescript`);
  return value;
}

export const baseUrl = setting('BASE_URL').replace(/\/+$/, '');
export const bitbadges = { baseUrl, apiKey: setting('BITBADGES_API_KEY') };
export const avepoint = {
  baseUrl,
  customerId: setting('AVEPOINT_CUSTOMER_ID'),
  tenantId: setting('AVEPOINT_TENANT_ID'),
  clientId: setting('AVEPOINT_CLIENT_ID'),
  clientSecret: setting('AVEPOINT_CLIENT_SECRET'),
};
export const genauth = {
  baseUrl,
  accessKeyId: setting('GENAUTH_ACCESS_KEY_ID'),
  accessKeySecret: setting('GENAUTH_ACCESS_KEY_SECRET'),
};

/** The account of BitBadges' own documentation sample, and one with long timelines. */
export const TREVORMIL = {
  username: 'trevormil',
  address: '0xb246a3764d642BABbd6b075bca3e77E1cD563d78',
  cosmosAddress: 'cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x',
  btcAddress: 'bc1qkfr2xajdvs46h0ttqadu50nhu8x4v0tclft2tt',
};
export const COLLECTOR = { username: 'marta.collector' };
/** The user of GenAuth's own documentation sample. */
export const BOB = {
  userId: '6229ffa51c08d34cade3e3d9',
  username: 'bob',
  email: 'test@example.com',
  userIdInIdp: 'oj7Nq05R-RRaqak0_YlMLnnIwsvg',
  departmentIds: ['624d930c3b1a75c08dd4986e', '624d93102c7f5012f33cd2fe'],
  customData: { school: 'Peking University', age: 22 },
};
/** The user of AvePoint's own documentation sample. */
export const KEVIN = 'c2aa00d3-5b1f-4c7e-8a4d-9e9c79232bff';

export async function all<T>(walk: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of walk) items.push(item);
  return items;
}

/** Counts the requests that a client sends. */
export function counting() {
  const sent: Request[] = [];
  const send = (request: Request) => {
    sent.push(request.clone());
    return fetch(request);
  };
  return { sent, fetch: send };
}
