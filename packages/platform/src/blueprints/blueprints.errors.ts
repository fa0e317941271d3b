import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'blueprint-not-found': {
    status: 404,
    title: 'There is no such blueprint here.',
    remedy: 'List the blueprints, and check the name.',
  },
  'blueprint-name-taken': {
    status: 409,
    title: 'There is a blueprint of this name, maybe of the platform.',
    remedy: 'Choose another name.',
  },
  'blueprint-built-in': {
    status: 422,
    title: 'What is built in can be neither changed nor deleted.',
    remedy: 'Make a blueprint of your own with the same content, and change that.',
  },
  'blueprint-unknown': {
    status: 422,
    title: 'No blueprint of this name can be used here.',
    remedy: 'List the blueprints, and name one of them.',
  },
});
