import { createClient } from '@slipway/sdk';
import type { Api } from './api';
import { getConfig } from './config';
import { findAccessToken } from './session';

/** The API as the signed-in user, for the first paint on the server; undefined when nobody is signed in. */
export async function findServerApi(): Promise<Api | undefined> {
  const token = await findAccessToken();
  return token ? createClient({ baseUrl: getConfig().apiUrl, token }) : undefined;
}
