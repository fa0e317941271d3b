import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'build-not-found': {
    status: 404,
    title: 'The application has no build of this number.',
    remedy: 'List its builds and name one of them.',
  },
  'build-over': { status: 409, title: 'The build is over.', remedy: 'Start another build.' },
  'build-needs-source': {
    status: 422,
    title: 'There is nothing to build.',
    remedy: 'Upload an archive first, push to the git address of the application, or set its source to a git URL.',
  },
  'upload-unknown': {
    status: 422,
    title: 'The application has no such upload.',
    remedy: 'Upload the archive again and name the id that is answered.',
  },
});
