/*
 * A long cable between two network namespaces: a TUN device in each, and a thread for each direction
 * that keeps every packet for a while and drops some of them. The kernel's own TCP runs over it. The
 * rate is not limited here: tc-tbf does that on the devices.
 *
 *   cable NAMESPACE NAMESPACE DEVICE DELAY_MS LOSS_PERCENT [SEED]
 *
 * The delay is one way. It prints "ready" once both devices exist, which go when it ends.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_MS 1000000ull
/* Packets under way in one direction: 1 Gbit/s holds 8,700 of 1,500 bytes in 100 ms. */
#define MOST_PACKETS 65536u
/* Longer than any packet of a device with the usual MTU of 1,500. */
#define PACKET_BYTES 2048
/* Packets that are read before those that are due are passed on. */
#define BATCH 128
/* Nothing is waited for longer, so that an end is noticed. */
#define LONGEST_WAIT_NS (50 * NS_PER_MS)

struct packet {
  uint64_t due_ns;
  ssize_t length;
  unsigned char bytes[PACKET_BYTES];
};

struct direction {
  int in, out;
  uint64_t delay_ns;
  double loss;
  uint64_t random;
  struct packet *packets;
  uint32_t first, last;
};

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 * NS_PER_MS + (uint64_t)now.tv_nsec;
}

/* xorshift64: the same seed loses the same packets. Returns a number from 0 to 1. */
static double chance(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return (double)(*state >> 11) / 9007199254740992.0;
}

static int open_device(const char *namespace, const char *name) {
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", namespace);
  int space = open(path, O_RDONLY);
  if (space < 0 || setns(space, CLONE_NEWNET) < 0) fail(path);
  close(space);
  int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  if (device < 0) fail("/dev/net/tun");
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
  if (ioctl(device, TUNSETIFF, &request) < 0) fail("TUNSETIFF");
  return device;
}

static struct packet *at(struct direction *way, uint32_t place) {
  return &way->packets[place % MOST_PACKETS];
}

/* Waits for a packet, or until the first one is due. */
static void wait_for(struct direction *way) {
  uint64_t wait_ns = LONGEST_WAIT_NS;
  if (way->first != way->last) {
    uint64_t due_ns = at(way, way->first)->due_ns, time_ns = now_ns();
    if (due_ns <= time_ns) wait_ns = 0;
    else if (due_ns - time_ns < wait_ns) wait_ns = due_ns - time_ns;
  }
  struct timespec wait = {0, (long)wait_ns};
  struct pollfd ready = {.fd = way->in, .events = POLLIN};
  ppoll(&ready, 1, &wait, NULL);
}

static void take_in(struct direction *way) {
  for (int taken = 0; taken < BATCH && way->last - way->first < MOST_PACKETS; taken++) {
    struct packet *packet = at(way, way->last);
    packet->length = read(way->in, packet->bytes, PACKET_BYTES);
    if (packet->length <= 0) return;
    if (chance(&way->random) < way->loss) continue;
    packet->due_ns = now_ns() + way->delay_ns;
    way->last++;
  }
}

static void pass_on(struct direction *way) {
  uint64_t time_ns = now_ns();
  for (; way->first != way->last && at(way, way->first)->due_ns <= time_ns; way->first++) {
    struct packet *packet = at(way, way->first);
    while (write(way->out, packet->bytes, (size_t)packet->length) < 0 && errno == EAGAIN) sched_yield();
  }
}

static void *carry(void *way) {
  for (;;) {
    wait_for(way);
    take_in(way);
    pass_on(way);
  }
  return NULL;
}

int main(int count, char **words) {
  if (count < 6) {
    fprintf(stderr, "usage: cable NAMESPACE NAMESPACE DEVICE DELAY_MS LOSS_PERCENT [SEED]\n");
    return 2;
  }
  uint64_t seed = count > 6 ? strtoull(words[6], NULL, 10) : 1;
  int ends[2] = {open_device(words[1], words[3]), open_device(words[2], words[3])};
  /* A cable is no program: it does not wait for a processor. */
  setpriority(PRIO_PROCESS, 0, -15);
  for (int side = 0; side < 2; side++) {
    struct direction *way = calloc(1, sizeof *way);
    if (way == NULL) fail("calloc");
    way->in = ends[side];
    way->out = ends[1 - side];
    way->delay_ns = (uint64_t)(atof(words[4]) * NS_PER_MS);
    way->loss = atof(words[5]) / 100;
    way->random = 88172645463325252ull + seed * 7919 + (uint64_t)side;
    way->packets = calloc(MOST_PACKETS, sizeof *way->packets);
    pthread_t thread;
    if (way->packets == NULL || pthread_create(&thread, NULL, carry, way) != 0) fail("a direction");
  }
  puts("ready");
  fflush(stdout);
  pause();
  return 0;
}
