import { objectAt, objectsAt } from '../../kinds/index.js';
import { type AdmissionPlugin, isNewPod } from './admission.js';

/** The tolerations that every pod has. */
export const podAdmission: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  handles: isNewPod,
  mutate: ({ object: pod }) => {
    const spec = objectAt(pod, 'spec');
    const tolerations = objectsAt(spec, 'tolerations');
    for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
      const isTolerated = tolerations.some(
        (each) =>
          (each.key === key || each.key === undefined) && (each.effect === 'NoExecute' || each.effect === undefined),
      );
      if (!isTolerated) tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 });
    }
    spec.tolerations = tolerations;
  },
};
