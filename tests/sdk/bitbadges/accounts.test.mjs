import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TREVORMIL } from '../demo.mjs';
import { CLIENTS, connect, fetchUsers, unusedAddress } from './clients.mjs';

const SOLANA_ADDRESS = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v';

const evmForms = {
  'Ethereum with its checksum': TREVORMIL.address,
  'Ethereum in lower case': TREVORMIL.address.toLowerCase(),
  'Ethereum in upper case digits': `0x${TREVORMIL.address.slice(2).toUpperCase()}`,
  Bitcoin: TREVORMIL.btcAddress,
};

/** Every form of trevormil's address that this SDK's own converter takes. */
function formsOf(client) {
  const native = client.toNative(TREVORMIL.address);
  const upperCased = client.version === '0.3.75' ? { 'Cosmos in upper case': native.toUpperCase() } : {};
  const thor = client.sdk.convertToThorchainAddress?.(TREVORMIL.address);
  return {
    ...evmForms,
    [`native (${native.split('1')[0]}1…)`]: native,
    ...upperCased,
    ...(thor ? { 'THORChain (tthor1…)': thor } : {}),
  };
}

async function getAccounts(client, accountsToFetch) {
  const { api, exchanges } = connect(client);
  const { accounts } = await api.getAccounts({ accountsToFetch });
  return { accounts, exchanges };
}

for (const client of CLIENTS) {
  describe(`bitbadgesjs-sdk ${client.version}`, () => {
    test('posts to /api/v0/users and is answered 200', async () => {
      const { exchanges } = await getAccounts(client, [{ username: TREVORMIL.username }]);
      assert.deepEqual(exchanges.map(({ path, status }) => [path, status]), [['/api/v0/users', 200]]);
    });

    for (const [form, address] of Object.entries(formsOf(client))) {
      test(`finds an account by its address as ${form}`, async () => {
        const { accounts } = await getAccounts(client, [{ address }]);
        assert.equal(accounts.length, 1);
        assert.equal(accounts[0].username, TREVORMIL.username);
        assert.equal(accounts[0].address, TREVORMIL.address);
        assert.equal(accounts[0].chain, 'Ethereum');
      });
    }

    test('finds an account by its username, with the facts of the documented form', async () => {
      const [documented] = (await fetchUsers([{ username: TREVORMIL.username, fetchSequence: true }])).body.accounts;
      const { accounts } = await getAccounts(client, [{ username: TREVORMIL.username, fetchSequence: true }]);
      const [account] = accounts;
      assert.equal(account.address, TREVORMIL.address);
      assert.equal(account.discord, TREVORMIL.discord);
      assert.equal(account.publicKey, documented.publicKey);
      assert.equal(account.accountNumber, BigInt(documented.accountNumber));
      assert.equal(account.sequence, BigInt(documented.sequence));
      const balance = client.version === '0.27.2' ? account.balances[0] : account.balance;
      assert.equal(balance.amount, BigInt(documented.balance.amount));
      assert.equal(balance.denom, documented.balance.denom);
    });

    test('carries what the SDK declares as always there', async () => {
      const { accounts } = await getAccounts(client, [{ username: TREVORMIL.username }, { address: unusedAddress(2) }]);
      for (const account of accounts) {
        const { address } = account;
        assert.equal(typeof account.publicKey, 'string');
        assert.equal(account.ethAddress, address);
        assert.ok(account.btcAddress.startsWith('bc1q'));
        assert.equal(account.solAddress, '');
        if (client.version === '0.3.75') continue;
        assert.equal(account.bitbadgesAddress, client.toNative(address));
        assert.equal(typeof account.pubKeyType, 'string');
        if (client.version !== '0.27.2') continue;
        assert.equal(account.thorAddress, client.sdk.convertToThorchainAddress(address));
        assert.ok(Array.isArray(account.balances));
      }
    });

    test('gets the same account by getAccount as in a batch', { skip: !client.fetchesOne }, async () => {
      for (const asked of [{ username: TREVORMIL.username }, { address: TREVORMIL.btcAddress }]) {
        const { api, exchanges } = connect(client);
        const { account } = await api.getAccount(asked);
        assert.deepEqual(exchanges.map(({ path, status }) => [path, status]), [['/api/v0/user', 200]]);
        assert.deepEqual(account, (await getAccounts(client, [asked])).accounts[0]);
        assert.equal(account.address, TREVORMIL.address);
      }
    });

    test('gets a blank account by getAccount for an address nobody has', { skip: !client.fetchesOne }, async () => {
      const { account } = await connect(client).api.getAccount({ address: unusedAddress(8) });
      assert.deepEqual([account.address, account.accountNumber], [unusedAddress(8), -1n]);
    });

    test(`carries the SDK's native address in ${client.nativeAddress}`, async () => {
      const { accounts } = await getAccounts(client, [{ username: TREVORMIL.username }]);
      assert.equal(accounts[0][client.nativeAddress], client.toNative(TREVORMIL.address));
    });

    test('gives a blank account for a valid address nobody has', async () => {
      const address = unusedAddress(1);
      const { accounts } = await getAccounts(client, [{ address }]);
      assert.equal(accounts.length, 1);
      assert.equal(accounts[0].address, address);
      assert.equal(accounts[0].accountNumber, -1n);
      assert.equal(accounts[0].publicKey, '');
      assert.equal(accounts[0].username, undefined);
      assert.deepEqual(accounts[0].views, {});
      assert.deepEqual([accounts[0].collected, accounts[0].activity], [[], []]);
    });

    test('gives a blank account for a Solana address nobody has, with the native address computed', async () => {
      const { accounts } = await getAccounts(client, [{ address: SOLANA_ADDRESS }]);
      assert.equal(accounts[0].address, SOLANA_ADDRESS);
      assert.equal(accounts[0].chain, 'Solana');
      assert.equal(accounts[0].accountNumber, -1n);
      assert.equal(accounts[0][client.nativeAddress], client.toNative(SOLANA_ADDRESS));
    });

    test('gives a blank account for an unknown username beside a full one for a known', async () => {
      const { accounts } = await getAccounts(client, [
        { username: 'no-such-name-here' },
        { username: TREVORMIL.username },
      ]);
      assert.equal(accounts.length, 2);
      assert.equal(accounts[0].accountNumber, -1n);
      assert.equal(accounts[1].address, TREVORMIL.address);
    });

    test('answers one account per entry in request order, repeated ones in full', async () => {
      const viewsToFetch = [{ viewId: 'mine', viewType: 'transferActivity', bookmark: '' }];
      const { accounts } = await getAccounts(client, [
        { address: unusedAddress(7) },
        { username: TREVORMIL.username, viewsToFetch },
        { address: unusedAddress(3) },
        { address: TREVORMIL.btcAddress, viewsToFetch },
      ]);
      assert.deepEqual(
        accounts.map(({ address }) => address),
        [unusedAddress(7), TREVORMIL.address, unusedAddress(3), TREVORMIL.address],
      );
      assert.ok(accounts[1].views.mine.ids.length > 0);
      assert.deepEqual(accounts[3].views.mine.ids, accounts[1].views.mine.ids);
      assert.deepEqual(accounts[0].views, {});
    });

    test('fetches 250 accounts in one call', async () => {
      const addresses = Array.from({ length: 250 }, (_, n) => unusedAddress(n + 1));
      const { accounts } = await getAccounts(client, addresses.map((address) => ({ address })));
      assert.deepEqual(accounts.map(({ address }) => address.toLowerCase()), addresses);
    });

    test('fetches 251 accounts in one call when every entry says noExternalCalls', async () => {
      const addresses = Array.from({ length: 251 }, (_, n) => unusedAddress(n + 1));
      const entries = addresses.map((address) => ({ address, noExternalCalls: true }));
      const { accounts } = await getAccounts(client, entries);
      assert.deepEqual(accounts.map(({ address }) => address.toLowerCase()), addresses);
    });

    test('is answered an empty list for an empty list', async () => {
      const { accounts } = await getAccounts(client, []);
      assert.deepEqual(accounts, []);
    });
  });
}
