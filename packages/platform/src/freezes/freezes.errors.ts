import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'freeze-not-found': {
    status: 404,
    title: 'There is no freeze of this name.',
    remedy: 'List the freezes and name one of them.',
  },
  'freeze-exists': {
    status: 409,
    title: 'There is a freeze of this name.',
    remedy: 'Choose another name, or change the one that exists.',
  },
  'freeze-schedule-invalid': {
    status: 422,
    title: 'This is no time at which a freeze can be.',
    remedy: 'Give cron (five fields) and durationSeconds, or startsAt and endsAt; timeZone is an IANA name.',
  },
});
