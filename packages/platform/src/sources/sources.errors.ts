import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'archive-too-large': {
    status: 413,
    title: 'The archive is too large.',
    remedy: 'Leave out what a build does not need (.dockerignore, node_modules): at most 512 MiB, 4 GiB unpacked.',
  },
  'archive-malformed': {
    status: 422,
    title: 'This is no archive that can be built.',
    remedy: 'Send a tar, compressed by gzip, with paths inside it only: tar -czf - .',
  },
  'archive-empty': {
    status: 422,
    title: 'The archive is empty.',
    remedy: 'Send a tar, compressed by gzip, of the folder to build.',
  },
  'git-repository-not-found': {
    status: 404,
    title: 'There is no repository of this name that you may see.',
    remedy: 'Check the address: /git/{tenant}/{project}/{application}.git',
  },
  'git-service-unknown': { status: 403, title: 'This door speaks smart HTTP only.', remedy: 'Use git 1.6.6 or later.' },
});
