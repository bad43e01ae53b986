import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { components } from '../../src/generated/bitbadges.js';
import { createBitBadges } from '../../src/index.js';
import { bitbadges, COLLECTOR, TREVORMIL } from '../demo.js';

type ViewsToFetch = components['schemas']['AccountFetch']['viewsToFetch'];

const connect = (apiKey: string) => createBitBadges({ ...bitbadges, apiKey }).http;

const client = connect(bitbadges.apiKey);

describe('What is described of BitBadges', () => {
  test('a batch answers accounts', async () => {
    const body = { accountsToFetch: [{ address: TREVORMIL.address }, { username: COLLECTOR.username }] };
    const { data, error } = await client.POST('/api/v0/users', { body });
    assert.ok(data, error?.errorMessage);
    const [trevormil, collector] = data.accounts;
    assert.equal(trevormil?.username, TREVORMIL.username);
    assert.equal(trevormil.cosmosAddress, TREVORMIL.cosmosAddress);
    assert.equal(trevormil.chain, 'Ethereum');
    assert.equal(trevormil.btcAddress, TREVORMIL.btcAddress);
    assert.match(trevormil.balance.amount, /^\d+$/);
    assert.equal(collector?.username, COLLECTOR.username);
  });

  test('a view leads to its next page', async () => {
    const page = async (bookmark: string) => {
      const viewsToFetch = [{ viewKey: 'latestActivity' as const, bookmark }];
      const body = { accountsToFetch: [{ username: COLLECTOR.username, viewsToFetch }] };
      const { data, error } = await client.POST('/api/v0/user/batch', { body });
      assert.ok(data, error?.errorMessage);
      const [account] = data.accounts;
      const view = account?.views.latestActivity;
      assert.ok(account && view);
      return { view, transfers: account.activity };
    };
    const first = await page('');
    assert.ok(first.view.pagination.hasMore);
    assert.deepEqual(first.transfers.map((transfer) => transfer._docId), first.view.ids);
    const [transfer] = first.transfers;
    assert.match(transfer?.balances[0]?.badgeIds[0]?.start ?? '', /^\d+$/);
    const second = await page(first.view.pagination.bookmark);
    assert.ok(second.view.ids.length > 0);
    assert.deepEqual(second.view.ids.filter((id) => first.view.ids.includes(id)), []);
  });

  test('a holding has its permissions', async () => {
    const viewsToFetch = [{ viewId: 'held', viewType: 'tokensCollected' as const, bookmark: '' }];
    const body = { accountsToFetch: [{ username: COLLECTOR.username, viewsToFetch }] };
    const { data, error } = await client.POST('/api/v0/users', { body });
    assert.ok(data, error?.errorMessage);
    const permissions = data.accounts[0]?.collected[0]?.userPermissions;
    assert.ok(permissions);
    assert.ok(Array.isArray(permissions.canUpdateIncomingApprovals));
  });

  test('one account is answered by query', async () => {
    const query = { username: TREVORMIL.username };
    const { data, error } = await client.GET('/api/v0/user', { params: { query } });
    assert.ok(data, error?.errorMessage);
    assert.equal(data.account.address, TREVORMIL.address);
  });

  test('a wrong API key is refused', async () => {
    const body = { accountsToFetch: [{ username: TREVORMIL.username }] };
    const { data, error, response } = await connect('wrong-key').POST('/api/v0/users', { body });
    assert.equal(data, undefined);
    assert.equal(response.status, 401);
    assert.equal(error?.unauthorized, true);
    assert.equal(error.errorMessage, error.message);
  });

  test('a malformed address is refused with its place', async () => {
    const body = { accountsToFetch: [{ address: 'not an address' }] };
    const { error, response } = await client.POST('/api/v0/users', { body });
    assert.equal(response.status, 400);
    assert.match(error?.errorMessage ?? '', /accountsToFetch\[0\]/);
    assert.equal(error?.unauthorized, undefined);
  });

  test('a query for nobody is refused', async () => {
    const { error, response } = await client.GET('/api/v0/user', { params: { query: {} } });
    assert.equal(response.status, 400);
    assert.match(error?.message ?? '', /address or username/);
  });

  test('the name of a view is checked by its type', async () => {
    // @ts-expect-error: there is no such view.
    const viewsToFetch: NonNullable<ViewsToFetch> = [{ viewKey: 'latestGossip' }];
    const { response } = await client.POST('/api/v0/users', { body: { accountsToFetch: [{ viewsToFetch }] } });
    assert.equal(response.status, 400);
  });
});
