import { expect, it } from 'vitest';
import { TwoVoices } from '#src/cli/two-voices';
import type { TelemetryEvent } from '#src/core/telemetry';

const said = (message: string): TelemetryEvent => ({ type: 'log', level: 'info', message });

it('hears the plant behind what the session had told by then, and in its own order', () => {
  const heard: string[] = [];
  const voices = new TwoVoices((events) => {
    for (const event of events) if (event.type === 'log') heard.push(event.message);
  });
  voices.plant({ after: 0, events: [said('first')] });
  voices.plant({ after: 1, events: [said('reset'), said('step 1')] });
  voices.plant({ after: 1, events: [said('step 2')] });
  voices.plant({ after: 2, events: [said('another episode')] });
  expect(heard).toEqual(['first']);
  heard.push('start');
  voices.session();
  expect(heard).toEqual(['first', 'start', 'reset', 'step 1', 'step 2']);
  voices.plant({ after: 1, events: [said('step 3')] });
  expect(heard).toHaveLength(5);
  heard.push('trial');
  voices.session();
  expect(heard.slice(5)).toEqual(['trial', 'another episode', 'step 3']);
});
