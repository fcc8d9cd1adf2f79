import type { RosGraph } from './graph.ts';

/** The questions of the package rosapi that programs ask most. */
export function serveRosapi(
  graph: RosGraph,
  time: () => { readonly sec: number; readonly nanosec: number },
): void {
  const serve = (name: string, call: (args: Readonly<Record<string, unknown>>) => unknown) => {
    const type = name.replace(/(^|_)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
    graph.serve(`/rosapi/${name}`, { type: `rosapi_msgs/srv/${type}`, call });
  };
  serve('topics', () => {
    const topics = graph.names('topics');
    return { topics, types: topics.map((topic) => graph.typeOf(topic)) };
  });
  serve('topic_type', ({ topic }) => ({ type: graph.typeOf(String(topic)) }));
  serve('publishers', ({ topic }) => ({ publishers: graph.nodesOn(String(topic), 'publishers') }));
  serve('subscribers', ({ topic }) => ({ subscribers: graph.nodesOn(String(topic), 'subscribers') }));
  serve('services', () => ({ services: graph.names('services') }));
  serve('action_servers', () => ({ action_servers: graph.names('actions') }));
  serve('get_time', () => ({ time: time() }));
}
