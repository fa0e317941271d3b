import { z } from 'zod';
import { analysisSchema } from './analysis/analysis.dto.js';
import { durationSchema } from './duration.dto.js';
import { isPlainPath, readTemplateUrl, templatesIn } from './experiment.rules.js';
import { percentSchema } from './percent.dto.js';

const templateSchema = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(18)
      .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'Use a-z, 0-9 and dashes.'),
    specRef: z.enum(['stable', 'canary']).meta({ description: 'Whose pods: the release in force, or the new one.' }),
    replicas: z.int().min(1).max(100).optional().meta({ description: 'Default: 1.' }),
    weight: percentSchema.optional().meta({
      description:
        'Percent of the traffic that its pods get while it lasts, beside the new release; to a tenth. Default: 0.',
    }),
  })
  .meta({ id: 'ExperimentTemplate' });

export const experimentSchema = z
  .strictObject({
    duration: durationSchema.optional().meta({
      description: 'From when all of its pods are ready. Without one it lasts until its analysis has ended.',
    }),
    templates: z
      .array(templateSchema)
      .min(1)
      .max(5)
      .refine((templates) => new Set(templates.map(({ name }) => name)).size === templates.length, 'Each name once.'),
    analysis: analysisSchema.optional().meta({
      description:
        "The built-in metrics compare what users met: the templates of the canary with those of the stable release, or with its slot where none of these has a weight. In metrics of one's own $templates.<name> is the name of a template's Service.",
    }),
  })
  .superRefine(({ duration, templates, analysis }, context) => {
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (duration === undefined && !analysis)
      refuse(['duration'], 'Is missing: without an analysis nothing else ends it.');
    if (!analysis) return;
    for (const field of ['interval', 'count'] as const)
      if (duration !== undefined && analysis[field] !== undefined)
        refuse(['analysis', field], 'Leave it out: it lasts for the duration of the experiment.');
    if (analysis.onInconclusive === 'synthetic')
      refuse(['analysis', 'onInconclusive'], 'Its pods are sent no requests of our own: take hold, extend or abort.');
    const names = templates.map(({ name }) => name);
    const isMet = templates.some(({ specRef, weight = 0 }) => specRef === 'canary' && weight > 0);
    for (const [index, { provider }] of analysis.metrics.entries()) {
      const at = ['analysis', 'metrics', index, 'provider'];
      if (!provider) {
        if (!isMet)
          refuse(
            ['analysis', 'metrics', index],
            'Is counted by the gateway, and nobody meets the canary: give a template of it a weight.',
          );
        continue;
      }
      const { prometheus, web, job } = provider;
      const requireKnown = (path: (string | number)[], text: string) => {
        const unknown = templatesIn(text).find((name) => !names.includes(name));
        if (unknown !== undefined)
          refuse([...at, ...path], `There is no template ${unknown}: there are ${names.join(', ')}.`);
      };
      if (prometheus) requireKnown(['prometheus', 'query'], prometheus.query);
      for (const [place, argument] of (job?.command ?? []).entries()) requireKnown(['job', 'command', place], argument);
      if (!web) continue;
      requireKnown(['web', 'url'], web.url);
      if (templatesIn(web.url).length === 0) continue;
      const asked = readTemplateUrl(web.url);
      if (!asked || !isPlainPath(asked.path))
        refuse([...at, 'web', 'url'], 'Is http://$templates.<name>/<path>, without percent signs, "." and "..".');
      for (const field of ['method', 'headers', 'body'] as const)
        if (web[field] !== undefined && web[field] !== 'GET')
          refuse([...at, 'web', field], "A template's Service is asked with a plain GET: for more, use a job.");
    }
  })
  .meta({
    id: 'Experiment',
    example: {
      duration: '10m',
      templates: [
        { name: 'baseline', specRef: 'stable' },
        { name: 'canary', specRef: 'canary' },
      ],
    },
  });
