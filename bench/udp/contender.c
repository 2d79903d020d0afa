/*
 * What the kernel allows: the same work as work.js in C, with sendmmsg and
 * recvmmsg, and without them. Arguments: work, port, count, batch.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, SIZE = 64, WINDOW = 32, PACE = 100000 };

static int fd;
static char bytes[BATCH][SIZE];
static struct iovec vecs[BATCH];
static struct mmsghdr msgs[BATCH];

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void send_some(char wish, int count, int batch) {
  for (int i = 0; i < BATCH; i++) bytes[i][0] = wish;
  while (count > 0) {
    int n = count < batch ? count : batch;
    int done = batch == 1 ? send(fd, bytes[0], SIZE, 0) > 0
                          : sendmmsg(fd, msgs, n, 0);
    if (done < 0) exit(1);
    count -= done;
  }
}

static int receive_some(int most) {
  if (most > 1) return recvmmsg(fd, msgs, most, MSG_WAITFORONE, NULL);
  msgs[0].msg_len = recv(fd, bytes[0], SIZE, 0);
  return 1;
}

static void pump(int rate, int count, int batch) {
  uint32_t order[2] = {htonl(rate), htonl(count)};
  char wish[10] = "p";
  memcpy(wish + 1, order, 8);
  wish[9] = 1;
  send(fd, wish, sizeof wish, 0);
  int got = 0, timed = 0;
  double first = 0, last = 0;
  for (int is_over = 0; !is_over;) {
    int n = receive_some(batch);
    for (int i = 0; i < n; i++) {
      if (msgs[i].msg_len == 1) is_over = 1;
      else if (++got == 1) first = now();
      else if (got % 64 == 0) last = now(), timed = got;
    }
  }
  send(fd, "d", 1, 0);
  printf("%f %f\n", timed / (last - first), 100 * (1 - (double)got / count));
}

static void bounce(int count, int window, int batch) {
  send_some('e', window, batch);
  for (int left = count; left > 0;) {
    int n = receive_some(batch < left ? batch : left);
    int more = left - window < n ? left - window : n;
    if (more > 0) send_some('e', more, batch);
    left -= n;
  }
}

int main(int argc, char **argv) {
  if (argc < 5) return 1;
  const char *work = argv[1];
  int count = atoi(argv[3]), batch = atoi(argv[4]);
  fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in peer = {.sin_family = AF_INET,
                             .sin_port = htons(atoi(argv[2]))};
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, (struct sockaddr *)&peer, sizeof peer)) return 1;
  for (int i = 0; i < BATCH; i++) {
    vecs[i] = (struct iovec){bytes[i], SIZE};
    msgs[i].msg_hdr = (struct msghdr){.msg_iov = &vecs[i], .msg_iovlen = 1};
  }
  double start = now();
  if (!strcmp(work, "in")) return pump(0, count, batch), 0;
  if (!strcmp(work, "in-paced")) return pump(PACE, count, batch), 0;
  if (!strcmp(work, "out")) send_some('s', count, batch);
  else if (!strcmp(work, "ping-pong")) bounce(count, 1, batch);
  else if (!strcmp(work, "window")) bounce(count, WINDOW, batch);
  else return 1;
  printf("%f\n", count / (now() - start));
}
