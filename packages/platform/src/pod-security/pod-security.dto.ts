import { z } from 'zod';
import { podSecurityLevels } from './pod-security.rules.js';

export const levelSchema = z.enum(podSecurityLevels).meta({
  description:
    'The Pod Security Standard that the namespaces are held to. `restricted`: no container runs as root. `baseline`: it may, without reaching the node.',
});

export const putPodSecurityBody = z
  .strictObject({ level: levelSchema })
  .meta({ id: 'PutPodSecurity', example: { level: 'baseline' } });
export type PutPodSecurity = z.output<typeof putPodSecurityBody>;

export const podSecurityAnswer = z
  .object({
    level: levelSchema,
    mayLower: z.boolean().meta({ description: 'Whether you may set `baseline`, or have to ask for it.' }),
    places: z.array(
      z.object({
        environment: z.string(),
        namespace: z.string(),
        runAsUser: z.int().meta({ description: 'Whom images run as that name root, or a user without a number.' }),
      }),
    ),
    version: z.int().meta({ description: "The project's." }),
  })
  .meta({ id: 'PodSecurity' });
export type PodSecurityAnswer = z.output<typeof podSecurityAnswer>;

export const checkImageUserBody = z
  .strictObject({ image: z.string().min(1).max(500) })
  .meta({ id: 'CheckImageUser', example: { image: '127.0.0.1:7601/library/redis:latest' } });
export type CheckImageUser = z.output<typeof checkImageUserBody>;

export const imageUserAnswer = z
  .object({
    image: z.string(),
    level: levelSchema,
    user: z.enum(['number', 'root', 'name', 'unknown']).meta({
      description: 'Whom its configuration names. `unknown`: it is of another registry, or not there.',
    }),
    name: z.string().nullable().meta({ description: 'As it is written there.' }),
    warning: z.string().nullable().meta({ description: 'What will be different from what its maker meant.' }),
  })
  .meta({ id: 'ImageUser' });
export type ImageUserAnswer = z.output<typeof imageUserAnswer>;
