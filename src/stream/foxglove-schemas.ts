/**
 * The Foxglove schemas we send, as JSON Schema (github.com/foxglove/foxglove-sdk, MIT, © Foxglove Technologies),
 * without their descriptions. A test compares them with the published package.
 */
type Schema = Readonly<Record<string, unknown>>;

/** All properties required, unless a subset is named. */
function object(title: string, properties: Record<string, Schema>, required?: readonly string[]): Schema {
  return { title, type: 'object', properties, required: required ?? Object.keys(properties) };
}
const list = (items: Schema): Schema => ({ type: 'array', items });
const named = (title: string, names: readonly string[]): Schema => ({
  title,
  oneOf: names.map((name, index) => ({ title: name, const: index })),
});
/** `required` is left out in the originals of these two. */
function instant(title: string, seconds: Schema): Schema {
  const nsec = { type: 'integer', minimum: 0, maximum: 999999999 };
  return { type: 'object', title, properties: { sec: seconds, nsec } };
}

const number: Schema = { type: 'number' };
const string: Schema = { type: 'string' };
const boolean: Schema = { type: 'boolean' };
const count: Schema = { type: 'integer', minimum: 0 };
const time = instant('time', count);
const duration = instant('duration', { type: 'integer' });
const xyz = { x: number, y: number, z: number };
const vector3 = object('foxglove.Vector3', xyz);
const point3 = object('foxglove.Point3', xyz);
const quaternion = object('foxglove.Quaternion', { ...xyz, w: number });
const pose = object('foxglove.Pose', { position: vector3, orientation: quaternion });
const color = object('foxglove.Color', { r: number, g: number, b: number, a: number });

export const frameTransforms: Schema = object('foxglove.FrameTransforms', {
  transforms: list(
    object('foxglove.FrameTransform', {
      timestamp: time,
      parent_frame_id: string,
      child_frame_id: string,
      translation: vector3,
      rotation: quaternion,
    }),
  ),
});

const entity = object('foxglove.SceneEntity', {
  timestamp: time,
  frame_id: string,
  id: string,
  lifetime: duration,
  frame_locked: boolean,
  metadata: list(object('foxglove.KeyValuePair', { key: string, value: string })),
  arrows: list(
    object('foxglove.ArrowPrimitive', {
      pose,
      shaft_length: number,
      shaft_diameter: number,
      head_length: number,
      head_diameter: number,
      color,
    }),
  ),
  cubes: list(object('foxglove.CubePrimitive', { pose, size: vector3, color })),
  spheres: list(object('foxglove.SpherePrimitive', { pose, size: vector3, color })),
  cylinders: list(
    object('foxglove.CylinderPrimitive', {
      pose,
      size: vector3,
      bottom_scale: number,
      top_scale: number,
      color,
    }),
  ),
  lines: list(
    object('foxglove.LinePrimitive', {
      type: named('foxglove.LineType', ['LINE_STRIP', 'LINE_LOOP', 'LINE_LIST']),
      pose,
      thickness: number,
      scale_invariant: boolean,
      points: list(point3),
      color,
      colors: list(color),
      indices: list(count),
    }),
  ),
  triangles: list(
    object('foxglove.TriangleListPrimitive', {
      pose,
      points: list(point3),
      color,
      colors: list(color),
      indices: list(count),
    }),
  ),
  texts: list(
    object('foxglove.TextPrimitive', {
      pose,
      billboard: boolean,
      font_size: number,
      scale_invariant: boolean,
      color,
      text: string,
    }),
  ),
  models: list(
    object('foxglove.ModelPrimitive', {
      pose,
      scale: vector3,
      color,
      override_color: boolean,
      url: string,
      media_type: string,
      data: { type: 'string', contentEncoding: 'base64' },
    }),
  ),
});

export const sceneUpdate: Schema = object('foxglove.SceneUpdate', {
  deletions: list(
    object('foxglove.SceneEntityDeletion', {
      timestamp: time,
      type: named('foxglove.SceneEntityDeletionType', ['MATCHING_ID', 'ALL']),
      id: string,
    }),
  ),
  entities: list(entity),
});

export const jointStates: Schema = object('foxglove.JointStates', {
  timestamp: time,
  joints: list(
    object(
      'foxglove.JointState',
      { name: string, position: number, velocity: number, acceleration: number, effort: number },
      ['name'],
    ),
  ),
});

export const log: Schema = object('foxglove.Log', {
  timestamp: time,
  level: named('foxglove.LogLevel', ['UNKNOWN', 'DEBUG', 'INFO', 'WARNING', 'ERROR', 'FATAL']),
  message: string,
  name: string,
  file: string,
  line: count,
});
