/** The six faces of a cube of edge 1 about the origin: 12 triangles [36 × 3]. */
export const cube: readonly (readonly [number, number, number])[] = [0, 1, 2].flatMap((axis) =>
  [-0.5, 0.5].flatMap((side) => {
    const corner = (u: number, v: number): [number, number, number] => {
      const at: [number, number, number] = [0, 0, 0];
      at[axis] = side;
      at[(axis + 1) % 3] = side > 0 ? u : v;
      at[(axis + 2) % 3] = side > 0 ? v : u;
      return at;
    };
    const [a, b, c, d] = [corner(-0.5, -0.5), corner(0.5, -0.5), corner(0.5, 0.5), corner(-0.5, 0.5)];
    return [a, b, c, a, c, d];
  }),
);

/** The same cube in each of the formats that robots come in. */
export const cubeFiles: Readonly<Record<string, Uint8Array>> = {
  'cube.stl': stl(),
  'cube.obj': text(
    [
      ...cube.map((at) => `v ${at.join(' ')}`),
      ...Array.from({ length: 12 }, (_, i) => `f ${3 * i + 1} ${3 * i + 2} ${3 * i + 3}`),
    ].join('\n'),
  ),
  'cube.dae': text(`<?xml version="1.0"?>
<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">
  <asset><unit meter="0.5" name="half"/><up_axis>Z_UP</up_axis></asset>
  <library_geometries><geometry id="cube"><mesh>
    <source id="at"><float_array id="array" count="108">${cube.flat().join(' ')}</float_array>
      <technique_common><accessor source="#array" count="36" stride="3">
        <param name="X" type="float"/><param name="Y" type="float"/><param name="Z" type="float"/>
      </accessor></technique_common></source>
    <vertices id="corners"><input semantic="POSITION" source="#at"/></vertices>
    <triangles count="12"><input semantic="VERTEX" source="#corners" offset="0"/>
      <p>${cube.map((_, i) => i).join(' ')}</p></triangles>
  </mesh></geometry></library_geometries>
  <library_visual_scenes><visual_scene id="scene"><node id="node">
    <scale>2 2 2</scale><instance_geometry url="#cube"/>
  </node></visual_scene></library_visual_scenes>
  <scene><instance_visual_scene url="#scene"/></scene>
</COLLADA>`),
  'cube.gltf': gltf(),
};

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

/** Binary, with normals of zero as careless programs write them. */
function stl(): Uint8Array {
  const bytes = new Uint8Array(84 + 50 * 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(80, 12, true);
  for (const [i, at] of cube.entries())
    for (const [k, value] of at.entries())
      view.setFloat32(84 + 50 * Math.floor(i / 3) + 12 + 12 * (i % 3) + 4 * k, value, true);
  return bytes;
}

function gltf(): Uint8Array {
  const data = Buffer.from(new Float32Array(cube.flat()).buffer).toString('base64');
  const bounds = { min: [-0.5, -0.5, -0.5], max: [0.5, 0.5, 0.5] };
  return text(
    JSON.stringify({
      asset: { version: '2.0' },
      scene: 0,
      scenes: [{ nodes: [0] }],
      nodes: [{ mesh: 0 }],
      meshes: [{ primitives: [{ attributes: { POSITION: 0 } }] }],
      accessors: [{ bufferView: 0, componentType: 5126, count: 36, type: 'VEC3', ...bounds }],
      bufferViews: [{ buffer: 0, byteLength: 432 }],
      buffers: [{ byteLength: 432, uri: `data:application/octet-stream;base64,${data}` }],
    }),
  );
}
