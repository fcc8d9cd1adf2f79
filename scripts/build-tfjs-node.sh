#!/usr/bin/env bash
# Builds the native addon of @tensorflow/tfjs-node on Linux x86-64 (glibc) from npm, PyPI and g++ alone, for machines
# where the package's own installer cannot download its library. Takes about half a minute and 400 MB.
#
#   npm run build:tfjs-node
#
# Needs node with npm, python3 with pip, and g++. Run it again after each `npm ci`: the library is kept in the cache,
# so only the compilation is left. Why not node-gyp: it would fetch Node's headers from elsewhere.
#
# Environment
#   TFJS_TF_CACHE    where library and headers are kept (default ${XDG_CACHE_HOME:-~/.cache}/tfjs-node-native)
#   TFJS_TF_COPY=1   copy the libraries into node_modules instead of linking them (container images)
#   TFJS_TF_STRIP=0  keep the symbol table (about 130 MB more)
#   CXX              the compiler (default g++)
set -euo pipefail

TFJS_VERSION=4.22.0
NAPI_HEADERS_VERSION=1.9.0
# The smallest wheel that carries the C++ library, which exports the whole C interface. The wheel's Python version
# does not matter: no Python of it is run.
WHEEL_VERSION=2.13.1
WHEEL_PYTHON=3.11
WHEEL_SHA256=87be6e61314b2c0fa062f71e26e41d6a17e162ffe4da72c820fe8f1fc94d97fe
LIBRARIES="libtensorflow_cc.so.2 libtensorflow_framework.so.2"
HEADERS="
  tensorflow/c/c_api.h tensorflow/c/c_api_macros.h tensorflow/c/tf_attrtype.h tensorflow/c/tf_buffer.h
  tensorflow/c/tf_datatype.h tensorflow/c/tf_status.h tensorflow/c/tf_tensor.h tensorflow/c/tf_tstring.h
  tensorflow/c/eager/c_api.h tensorflow/core/platform/ctstring.h tensorflow/core/platform/ctstring_internal.h
  tensorflow/tsl/c/tsl_status.h tensorflow/tsl/platform/ctstring.h tensorflow/tsl/platform/ctstring_internal.h"

CACHE=${TFJS_TF_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tfjs-node-native}
CXX=${CXX:-g++}

say() { echo "[tfjs-node] $*" >&2; }
die() { say "$*"; exit 1; }

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || die "only Linux x86-64 is covered by this script"
for tool in node npm python3 "$CXX"; do command -v "$tool" >/dev/null || die "missing: $tool"; done
cd "$(dirname "$0")/.."

# 1. The JavaScript package. Where its installer fails, npm drops the package, since it is optional; its own install
#    script would delete what is built here, so it does not run.
package_folder() {
  node -p "require('path').dirname(require.resolve('@tensorflow/tfjs-node/package.json'))" 2>/dev/null
}
if ! PACKAGE=$(package_folder); then
  say "installing @tensorflow/tfjs-node@$TFJS_VERSION without its install script"
  npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error "@tensorflow/tfjs-node@$TFJS_VERSION" >&2
  PACKAGE=$(package_folder) || die "npm did not install @tensorflow/tfjs-node"
fi

# 2. TensorFlow's library and C headers, once per cache.
STORE=$CACHE/wheel-$WHEEL_VERSION
if [ ! -e "$STORE/done" ]; then
  rm -rf "$STORE"
  mkdir -p "$STORE/lib" "$STORE/include" "$STORE/download"
  say "downloading tensorflow-cpu $WHEEL_VERSION (187 MB)"
  echo "tensorflow-cpu==$WHEEL_VERSION --hash=sha256:$WHEEL_SHA256" >"$STORE/download/requirements.txt"
  python3 -m pip --disable-pip-version-check download -q --no-cache-dir --no-deps --only-binary=:all: --require-hashes \
    --implementation cp --python-version "$WHEEL_PYTHON" --platform manylinux_2_17_x86_64 \
    -d "$STORE/download" -r "$STORE/download/requirements.txt"
  say "unpacking two libraries and 14 headers"
  # shellcheck disable=SC2086
  python3 - "$STORE" "$LIBRARIES" $HEADERS <<'PY'
import glob, os, shutil, sys, zipfile

store, libraries, headers = sys.argv[1], sys.argv[2].split(), sys.argv[3:]
(wheel,) = glob.glob(store + '/download/*.whl')
wanted = {'tensorflow/' + name: 'lib/' + name for name in libraries}
wanted.update({'tensorflow/include/' + name: 'include/' + name for name in headers})
with zipfile.ZipFile(wheel) as archive:
    for name, target in wanted.items():
        target = os.path.join(store, target)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with archive.open(name) as source, open(target, 'wb') as out:
            shutil.copyfileobj(source, out, 1 << 20)
PY
  rm -rf "$STORE/download"
  if [ "${TFJS_TF_STRIP:-1}" = 1 ] && command -v strip >/dev/null; then
    strip --strip-unneeded "$STORE"/lib/*.so.2
  fi
  : >"$STORE/done"
fi

# 3. The Node-API headers, an npm package.
NAPI=$CACHE/node-api-headers-$NAPI_HEADERS_VERSION
if [ ! -e "$NAPI/package/include/node_api.h" ]; then
  mkdir -p "$NAPI"
  npm pack --silent --pack-destination "$NAPI" "node-api-headers@$NAPI_HEADERS_VERSION" >/dev/null
  tar -xzf "$NAPI"/*.tgz -C "$NAPI"
  rm "$NAPI"/*.tgz
fi

# 4. The addon, where the package's loader looks for it.
rm -rf "$PACKAGE/deps"
mkdir -p "$PACKAGE/lib/napi-v8" "$PACKAGE/deps/lib"
for library in $LIBRARIES; do
  if [ "${TFJS_TF_COPY:-0}" = 1 ]; then
    cp "$STORE/lib/$library" "$PACKAGE/deps/lib/"
  else
    ln -s "$(realpath "$STORE/lib/$library")" "$PACKAGE/deps/lib/$library"
  fi
done
say "compiling the addon"
"$CXX" -O2 -std=c++17 -fPIC -shared -DNAPI_VERSION=8 -I "$NAPI/package/include" -I "$STORE/include" \
  "$PACKAGE/binding/tfjs_backend.cc" "$PACKAGE/binding/tfjs_binding.cc" -o "$PACKAGE/lib/napi-v8/tfjs_binding.node" \
  -L "$PACKAGE/deps/lib" -l:libtensorflow_cc.so.2 -l:libtensorflow_framework.so.2 '-Wl,-rpath,$ORIGIN/../../deps/lib'

# 5. It must load and multiply. Node 23 dropped two functions of util that the package calls.
TF_CPP_MIN_LOG_LEVEL=${TF_CPP_MIN_LOG_LEVEL:-2} node --no-deprecation -e "
const util = require('util');
util.isNullOrUndefined ??= (value) => value == null;
util.isArray ??= Array.isArray;
const tf = require('@tensorflow/tfjs-node');
const product = tf.tidy(() => tf.matMul(tf.ones([2, 3]), tf.fill([3, 2], 2)).dataSync());
if (tf.getBackend() !== 'tensorflow' || product.some((value) => value !== 6)) {
  throw new Error('wrong product on backend ' + tf.getBackend() + ': ' + product);
}
console.log('[tfjs-node] ok: libtensorflow ' + tf.backend().binding.TF_Version + ', Node ' + process.version);"
