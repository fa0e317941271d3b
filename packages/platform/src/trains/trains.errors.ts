import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'train-not-found': {
    status: 404,
    title: 'There is no train of this name.',
    remedy: "List the project's trains and name one of them.",
  },
  'train-exists': {
    status: 409,
    title: 'There is a train of this name.',
    remedy: 'Choose another name: each train is kept as what was done.',
  },
  'train-underway': {
    status: 409,
    title: 'Another train releases one of these applications in this environment.',
    remedy: 'Wait until it is over, or abort it.',
  },
  'train-over': {
    status: 409,
    title: 'The train is over.',
    remedy: 'Create another one; a single application goes back by a rollback.',
  },
  'train-not-waiting': {
    status: 409,
    title: 'Nothing of this train waits for a promotion.',
    remedy: 'Wait until its state is `paused`.',
  },
  'train-invalid': {
    status: 422,
    title: 'A train cannot be made of these cars.',
    remedy: 'The errors name the fields by their paths.',
  },
});
