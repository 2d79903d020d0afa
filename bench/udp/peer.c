/*
 * The peer of all contenders, where there is a C compiler: recvmmsg and sendmmsg,
 * so that it is never what a contender waits for. What a datagram wants is its
 * first byte, as in peer.ts:
 *
 *   e  itself back
 *   s  nothing
 *   p  a rate and a count in 4 bytes each: so many datagrams, so many a second or
 *      as fast as can be; then, of the length in one byte, again and again one
 *      until there comes a
 *   d
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

enum { BATCH = 64, SIZE = 64 };

static int fd;
static char slots[BATCH][SIZE];
static struct sockaddr_in froms[BATCH];
static struct iovec vecs[BATCH];
static struct mmsghdr msgs[BATCH];

static void prepare(void) {
  for (int i = 0; i < BATCH; i++) {
    vecs[i] = (struct iovec){slots[i], SIZE};
    msgs[i].msg_hdr = (struct msghdr){.msg_name = &froms[i],
                                      .msg_namelen = sizeof froms[i],
                                      .msg_iov = &vecs[i],
                                      .msg_iovlen = 1};
  }
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void pump(struct sockaddr_in to, uint32_t rate, uint32_t count,
                 int end_length) {
  static char bytes[SIZE];
  struct iovec vec = {bytes, SIZE};
  struct mmsghdr out[BATCH];
  for (int i = 0; i < BATCH; i++) {
    out[i].msg_hdr = (struct msghdr){.msg_name = &to,
                                     .msg_namelen = sizeof to,
                                     .msg_iov = &vec,
                                     .msg_iovlen = 1};
  }
  double start = now();
  for (uint32_t sent = 0; sent < count;) {
    uint32_t due = count;
    if (rate) {
      double at = (now() - start) * rate;
      due = at < count ? (uint32_t)at : count;
    }
    if (due <= sent) {
      nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
      continue;
    }
    uint32_t n = due - sent < BATCH ? due - sent : BATCH;
    int done = sendmmsg(fd, out, n, 0);
    if (done > 0) sent += done;
  }
  struct timeval wait = {.tv_usec = 20000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
  for (int i = 0; i < 500; i++) {
    char answer[SIZE];
    sendto(fd, bytes, end_length, 0, (struct sockaddr *)&to, sizeof to);
    if (recv(fd, answer, sizeof answer, 0) > 0 && answer[0] == 'd') break;
  }
  wait.tv_usec = 0;
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
}

int main(void) {
  prctl(PR_SET_TIMERSLACK, 1);
  fd = socket(AF_INET, SOCK_DGRAM, 0);
  int room = 4 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  struct sockaddr_in addr = {.sin_family = AF_INET};
  addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof addr;
  if (bind(fd, (struct sockaddr *)&addr, size)) {
    perror("peer");
    return 1;
  }
  getsockname(fd, (struct sockaddr *)&addr, &size);
  printf("%d\n", ntohs(addr.sin_port));
  fflush(stdout);
  for (;;) {
    prepare();
    int count = recvmmsg(fd, msgs, BATCH, MSG_WAITFORONE, NULL);
    int echoes = 0;
    for (int i = 0; i < count; i++) {
      char *bytes = slots[i];
      if (bytes[0] == 'p') {
        uint32_t rate, amount;
        memcpy(&rate, bytes + 1, 4);
        memcpy(&amount, bytes + 5, 4);
        pump(froms[i], ntohl(rate), ntohl(amount), bytes[9]);
      } else if (bytes[0] == 'e') {
        vecs[i].iov_len = msgs[i].msg_len;
        msgs[echoes++] = msgs[i];
      }
    }
    for (int sent = 0; sent < echoes;) {
      int n = sendmmsg(fd, msgs + sent, echoes - sent, 0);
      sent += n > 0 ? n : 1; /* one whom nothing reaches is skipped */
    }
  }
}
