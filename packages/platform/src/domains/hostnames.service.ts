/** What other features ask of host names; pure, so that nothing needs to be injected. */
export { defaultHostname, hostUrl } from './domains.rules.js';
