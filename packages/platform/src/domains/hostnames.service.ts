/** What other features ask of host names; pure, so that nothing needs to be injected. */
export { defaultHostname, hostUrl, previewHostname } from './domains.rules.js';
