/**
 * Builds a practice host's root and becomes its first process. Runs under `unshare`, so nothing it mounts is seen outside.
 * Arguments: mount point, host name, megabytes, image file (empty: tmpfs, else a new ext4 file system in that file),
 * machine id, boot id, file that becomes /bin/sh (empty: the machine's own).
 * Prints `ready PID` (as the outer machine counts) and then lives until its stdin ends: a host never outlives its keeper.
 */
export const BUILD_ROOT = String.raw`
set -eu
root=$1 name=$2 megabytes=$3 image=$4 machine=$5 boot=$6 shell=$7
read -r outer _ < /proc/self/stat

if [ -n "$image" ]; then
  truncate -s "$megabytes"M "$image"
  mkfs.ext4 -q -m 0 -O ^has_journal "$image"
  mount -o loop "$image" "$root"
  rm "$image"
else
  mount -t tmpfs -o size="$megabytes"m,mode=755 tmpfs "$root"
fi
cd "$root"
mkdir -p usr etc proc dev run root home opt tmp var/log var/tmp var/lib
chmod 1777 tmp var/tmp
chmod 700 root

# The machine's programs, seen but not writable. Without privileges the kernel may refuse the second mount, but then they belong to someone else.
show() {
  mount --bind "/$1" "$1"
  mount -o remount,bind,ro "$1" || [ ! -w "$1" ]
}
show usr
for part in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$part" ]; then ln -s "$(readlink "/$part")" "$part"
  elif [ -d "/$part" ]; then mkdir "$part"; show "$part"; fi
done
for part in alternatives pam.d security; do
  [ -d "/etc/$part" ] || continue
  mkdir "etc/$part"
  show "etc/$part"
done
for part in ld.so.cache nsswitch.conf login.defs; do
  [ ! -r "/etc/$part" ] || cp "/etc/$part" "etc/$part"
done
[ -z "$shell" ] || mount --bind "$shell" "$(readlink -f bin/sh)"

echo "$machine" > etc/machine-id
echo "$name" > etc/hostname
echo "127.0.0.1 localhost $name" > etc/hosts
echo "root:x:0:0:root:/root:/bin/sh" > etc/passwd
echo "root:x:0:" > etc/group
hostname "$name"

# Small file systems of their own, as on any server: they stay writable when the root disk is full.
mount -t tmpfs -o size=4m,mode=755 tmpfs usr/local
mkdir usr/local/bin usr/local/sbin usr/local/lib
mount -t tmpfs -o size=4m,mode=755 tmpfs run
ln -s ../run var/run
mount -t tmpfs -o size=1m,mode=755 tmpfs dev
for device in null zero full random urandom tty; do
  : > "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mkdir dev/shm dev/pts
mount -t tmpfs -o size=4m,mode=1777 tmpfs dev/shm
# Only terminals are lost where this is refused.
if mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts 2>/dev/null; then ln -s pts/ptmx dev/ptmx; fi

mount -t proc proc proc
echo "$boot" > run/boot_id
mount --bind run/boot_id proc/sys/kernel/random/boot_id

mkdir .old
pivot_root . .old
cd /
umount -l .old
rmdir .old
echo "ready $outer"
# bash as the first process, because it also reaps the orphans that become its children.
exec /bin/bash -c 'while read -r _; do :; done'
`;
