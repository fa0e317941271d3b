/** What other features ask of host names; pure, so that nothing needs to be injected. */
export { listHostnames } from './domains.job-definitions.js';
export { defaultHostname, distinctHostname, domainUrl, hostUrl, previewHostname } from './domains.rules.js';
export { loadDomains, type RoutedDomains } from './routed-domains.js';
