import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'release-not-found': {
    status: 404,
    title: 'The application has no release of this number.',
    remedy: 'List its releases and name one of them.',
  },
  'release-needs-image': {
    status: 422,
    title: 'There is no image to release yet.',
    remedy: 'Build the application, push an image to its repository, or name an image.',
  },
  'image-of-another': {
    status: 422,
    title: 'The image is in a repository that this application may not use.',
    remedy: "Name an image of the application's own repository, of library/, or of an outside registry.",
  },
  'build-has-no-image': {
    status: 422,
    title: 'There is no successful build of this number.',
    remedy: 'Name a build whose state is succeeded.',
  },
});
