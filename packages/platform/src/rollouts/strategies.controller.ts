import { Controller } from '@nestjs/common';
import { Body, Route } from '../kernel/http/route.js';
import { convertStrategy } from './convert-strategy.js';
import {
  type ConvertStrategy,
  convertedStrategySchema,
  convertStrategySchema,
  strategyPresetsSchema,
} from './strategies.dto.js';
import { strategyPresets } from './strategy-presets.rules.js';

const tag = 'rollouts';

/** What is known of strategies wherever they are used. */
@Controller()
export class StrategiesController {
  @Route({
    method: 'GET',
    path: '/strategies/presets',
    permission: 'signed-in',
    summary: 'List strategies to begin with',
    tag,
    answer: strategyPresetsSchema,
  })
  listPresets() {
    return strategyPresetsSchema.parse({ items: strategyPresets });
  }

  @Route({
    method: 'POST',
    path: '/strategies/convert',
    permission: 'signed-in',
    summary: 'Make a strategy of an Argo Rollout or a Flagger Canary',
    description: 'Nothing is changed. What could not be taken is in the warnings, by its path in the manifest.',
    tag,
    body: convertStrategySchema,
    answer: convertedStrategySchema,
    status: 200,
    errors: ['strategy-not-convertible'],
  })
  convert(@Body() body: ConvertStrategy) {
    return convertStrategy(body);
  }
}
