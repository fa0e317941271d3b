/** What other features ask of host names; pure, so that nothing needs to be injected. */
export { defaultHostname, domainUrl, hostUrl, previewHostname } from './domains.rules.js';
export { loadDomains, type RoutedDomains } from './routed-domains.js';
