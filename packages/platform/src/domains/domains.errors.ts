import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'hostname-refused': {
    status: 422,
    title: 'This host name cannot be added.',
    remedy: 'Name a host of a domain of your own.',
  },
  'hostname-taken': {
    status: 409,
    title: 'The host name leads to an application already.',
    remedy: 'Remove it there first, or choose another; an administrator can say where it leads.',
  },
  'domain-not-found': {
    status: 404,
    title: 'The application has no such host name here.',
    remedy: 'List its domains and name one of them.',
  },
  'domain-is-default': {
    status: 409,
    title: 'The default host name stays.',
    remedy: 'Add a domain of your own beside it.',
  },
  'certificate-refused': {
    status: 422,
    title: 'The certificate cannot be used for this host name.',
    remedy: 'Mend what is named in `errors`, and send the chain and its key again.',
  },
  'certificate-limit': {
    status: 422,
    title: 'The application has as many certificates here as the gateway takes of one application.',
    remedy: 'Take one away, or use one certificate’s Secret in another application.',
  },
  'certificates-unsupported': {
    status: 422,
    title: 'The cluster cannot serve certificates of its tenants.',
    remedy: 'An administrator brings its Gateway API to 1.6 or newer, which has the kind ListenerSet.',
  },
  'https-without-certificate': {
    status: 422,
    title: 'The host name has no certificate that is served now.',
    remedy: 'Give it one first; until then it answers with and without TLS.',
  },
  'certificate-not-found': {
    status: 404,
    title: 'The host name has no certificate of its own.',
    remedy: 'Nothing is to be taken away.',
  },
});
