/** What the demo's env file tells, and the two users of it whose facts the documentation fixes. */

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; start the tests with tests/sdk/run ENVFILE`);
  return value;
}

export const BASE_URL = setting('BASE_URL').replace(/\/+$/, '');
export const BITBADGES_API_KEY = setting('BITBADGES_API_KEY');
export const GENAUTH = {
  accessKeyId: setting('GENAUTH_ACCESS_KEY_ID'),
  accessKeySecret: setting('GENAUTH_ACCESS_KEY_SECRET'),
};
export const AVEPOINT = {
  clientId: setting('AVEPOINT_CLIENT_ID'),
  clientSecret: setting('AVEPOINT_CLIENT_SECRET'),
  customerId: setting('AVEPOINT_CUSTOMER_ID'),
  tenantId: setting('AVEPOINT_TENANT_ID'),
};
export const ADMIN = { url: setting('ADMIN_URL').replace(/\/+$/, ''), token: setting('ADMIN_TOKEN') };

/** The account of BitBadges' own documentation sample. */
export const TREVORMIL = {
  username: 'trevormil',
  discord: 'trevormil#5747',
  address: '0xb246a3764d642BABbd6b075bca3e77E1cD563d78',
  cosmosAddress: 'cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x',
  btcAddress: 'bc1qkfr2xajdvs46h0ttqadu50nhu8x4v0tclft2tt',
};

/** The account with long timelines. */
export const COLLECTOR = { username: 'marta.collector' };

/** The user of GenAuth's own documentation sample. */
export const BOB = {
  userId: '6229ffa51c08d34cade3e3d9',
  username: 'bob',
  email: 'test@example.com',
  phone: '18812348888',
  phoneCountryCode: '+86',
  externalId: '10010',
  extIdpId: '6076bac0d1e2f3ad80d993b5',
  provider: 'wechat',
  userIdInIdp: 'oj7Nq05R-RRaqak0_YlMLnnIwsvg',
  departmentIds: ['624d930c3b1a75c08dd4986e', '624d93102c7f5012f33cd2fe'],
  customData: { school: 'Peking University', age: 22 },
};
