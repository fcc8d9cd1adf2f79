/** A gantry: sliders in the middle of a chain, a slanted joint, turned frames, off-diagonal inertia, a fixed payload. */
export const gantry = `<robot name="gantry">
  <link name="floor"/>
  <link name="mast"><inertial><origin xyz="0.05 0.02 0.2" rpy="0.1 0.2 0.3"/><mass value="3"/>
    <inertia ixx="0.2" iyy="0.25" izz="0.1" ixy="0.01" ixz="-0.02" iyz="0.03"/></inertial></link>
  <link name="boom"><inertial><origin xyz="0.3 0 0.05"/><mass value="2"/>
    <inertia ixx="0.05" iyy="0.2" izz="0.2" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <link name="hook"><inertial><origin xyz="0 0.1 -0.2"/><mass value="0.7"/>
    <inertia ixx="0.03" iyy="0.03" izz="0.02" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <link name="load"><inertial><origin rpy="0.4 0 0"/><mass value="0.5"/>
    <inertia ixx="0.01" iyy="0.02" izz="0.015" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <joint name="turn" type="continuous"><origin xyz="0.1 0.2 0.3" rpy="0.2 -0.1 0.5"/>
    <parent link="floor"/><child link="mast"/><axis xyz="0 0.3 1"/><limit effort="5" velocity="9"/><dynamics damping="0.4"/></joint>
  <joint name="reach" type="prismatic"><origin xyz="0 0 0.5" rpy="0 0.6 0.2"/>
    <parent link="mast"/><child link="boom"/><axis xyz="1 0.2 0"/><limit lower="-9" upper="9" effort="15" velocity="9"/><dynamics damping="3"/></joint>
  <joint name="swing" type="revolute"><origin xyz="0.6 0 0" rpy="1 0.5 -0.3"/>
    <parent link="boom"/><child link="hook"/><axis xyz="0.5 1 -0.2"/><limit lower="-2" upper="2" effort="2" velocity="9"/><dynamics damping="0.1"/></joint>
  <joint name="weld" type="fixed"><origin xyz="0.02 0 -0.3" rpy="0.3 0.2 0.1"/><parent link="hook"/><child link="load"/></joint>
</robot>`;
