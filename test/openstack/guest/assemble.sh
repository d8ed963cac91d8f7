#!/bin/bash
# usage (from build.sh, in the base layer): assemble.sh. Puts /mnt/guest.qcow2 together, without a loop device or a mount.
set -euxo pipefail
cd /mnt
disk_mib=512 start_sector=2048

# the programs: busybox under all its names, dropbear with its libraries
mkdir -p root/{bin,sbin,usr/bin,usr/sbin,lib,lib64,proc,sys,dev,run,tmp,mnt,root/.ssh,etc/dropbear,var/log,data,boot}
cp /bin/busybox root/bin/
for name in $(busybox --list); do [ "$name" = busybox ] || ln -s busybox "root/bin/$name"; done
for name in init getty reboot poweroff halt; do ln -s ../bin/busybox "root/sbin/$name"; done
cp /usr/sbin/dropbear root/usr/sbin/
cp /usr/bin/dropbearkey root/usr/bin/
for library in $(ldd /usr/sbin/dropbear | awk '$3 ~ /^\// { print $3 }') /lib/x86_64-linux-gnu/libnss_files.so.2; do cp -L "$library" root/lib/; done
cp -L /lib64/ld-linux-x86-64.so.2 root/lib64/

# accounts and the numbers that prove that a disk went on from where it was
echo root:x:0:0:root:/root:/bin/sh >root/etc/passwd
echo root:x:0: >root/etc/group
echo 'root:*:19000:0:99999:7:::' >root/etc/shadow
echo /bin/sh >root/etc/shells
echo guest >root/etc/hostname
for name in boots counter ticks; do echo 0 >root/data/$name; done
ln -s /data root/www/data
chmod 755 root/etc/init.d/* root/etc/udhcpc.sh root/www/cgi-bin/* root/bin/add-one
chmod 700 root/root root/root/.ssh

# kernel, a small initramfs and a boot loader that needs no installation
modules=$(echo /opt/kernel/lib/modules/*)
cp /opt/kernel/boot/vmlinuz-* root/boot/vmlinuz
python3 initrd.py "$modules" /bin/busybox root/boot/initrd.gz \
  virtio_pci virtio_blk virtio_net virtio_scsi sd_mod ext4 crc32c_generic virtio_rng button evdev ata_piix
cat >grub.cfg <<'GRUB'
set root=(hd0,msdos1)
linux /boot/vmlinuz console=tty0 console=ttyS0 quiet mitigations=off nokaslr tsc=unstable random.trust_cpu=on panic=5 net.ifnames=0
initrd /boot/initrd.gz
boot
GRUB
grub-mkimage -O i386-pc -c grub.cfg -p '(hd0,msdos1)/boot/grub' -o core.img biosdisk part_msdos ext2 linux boot

truncate -s ${disk_mib}M disk.raw
echo "$start_sector,,L,*" | sfdisk -q disk.raw
dd if=/usr/lib/grub/i386-pc/boot.img of=disk.raw conv=notrunc bs=1 count=440
dd if=core.img of=disk.raw conv=notrunc bs=512 seek=1
# what the boot loader reads of ext4, whatever this mke2fs would add
mke2fs -q -F -t ext4 -L guest-root -m 0 -d root -E offset=$((start_sector * 512)),root_owner=0:0 \
  -O none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,flex_bg,sparse_super,large_file,huge_file,extra_isize disk.raw $(((disk_mib * 1024) - start_sector / 2))k
qemu-img convert -c -O qcow2 disk.raw guest.qcow2
qemu-img info guest.qcow2
