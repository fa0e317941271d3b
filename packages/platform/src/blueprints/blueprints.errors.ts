import { defineErrors, SlipwayError } from '../kernel/errors/errors.js';

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
  'blueprint-version-not-found': {
    status: 404,
    title: 'The blueprint has no version of this number.',
    remedy: 'List its versions, and name one of them.',
  },
  'blueprint-gone': {
    status: 422,
    title: 'The blueprint that the project was made from is there no more.',
    remedy: 'Nothing needs to be done: the project stays as it is.',
  },
  'blueprint-change-unknown': {
    status: 422,
    title: 'The plan has no such change that can be applied.',
    remedy: 'Read the plan again, and name paths of it.',
  },
});

/** Another feature's refusal with the field that the blueprint has for it: `body.variables.PORT` → `blueprint.config.PORT`. */
export function atField(error: unknown, from: RegExp, to: string): unknown {
  if (!(error instanceof SlipwayError)) return error;
  const errors = error.extras.errors?.map((one) => ({ ...one, path: one.path.replace(from, to) }));
  return new SlipwayError(error.code, error.definition, { ...error.extras, ...(errors && { errors }) });
}
