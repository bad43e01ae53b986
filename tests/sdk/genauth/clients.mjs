import { createRequire, Module } from 'node:module';

const require = createRequire(import.meta.url);

/** Versions of axios that `authing-node-sdk` accepts; they encode the query differently. The first is its own choice. */
export const AXIOS = ['1.21.1', '1.17.0', '1.13.2', '1.9.0', '1.7.7'];

/** The class `ManagementClient` of a fresh `authing-node-sdk` that uses this version of axios. */
export function managementClient(axios) {
  const load = Module._load;
  Module._load = (request, ...rest) => load(request === 'axios' ? `axios-${axios}` : request, ...rest);
  try {
    for (const path of Object.keys(require.cache)) {
      if (path.includes('/node_modules/authing-node-sdk/')) delete require.cache[path];
    }
    return require('authing-node-sdk').ManagementClient;
  } finally {
    Module._load = load;
  }
}
