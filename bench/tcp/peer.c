/*
 * The peer of all contenders, where there is a C compiler: one thread and epoll,
 * so that it is never what a contender waits for. What a connection wants is the
 * first byte that it sends, as in peer.ts:
 *
 *   e  every byte back
 *   s  swallow everything, and answer the end with one byte
 *   b  bytes without end
 *   f  frames (a length of 4 bytes, and 64) without end
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BLOCK = 1024 * 1024, FRAME = 68, EVENTS = 256, ECHO = 256 * 1024 };

struct conn {
  int fd;
  char wish;          /* 0 until the first byte has come */
  char *held;         /* what echo could not write yet */
  size_t start, end;  /* where in held, or in the block of a source */
};

static char bytes_block[BLOCK], frames_block[BLOCK / FRAME * FRAME];
static char scratch[ECHO];
static int epoll_fd;

static void watch(struct conn *c, int op, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  epoll_ctl(epoll_fd, op, c->fd, &event);
}

static void end(struct conn *c) {
  close(c->fd);
  free(c->held);
  free(c);
}

/* Writes what there is from start to end; 1 when all is written, -1 on failure. */
static int drain(struct conn *c, const char *from) {
  while (c->start < c->end) {
    ssize_t n = send(c->fd, from + c->start, c->end - c->start,
                     MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) return errno == EAGAIN ? 0 : -1;
    c->start += n;
  }
  return 1;
}

static void on_writable(struct conn *c) {
  if (c->wish == 'e') {
    int done = drain(c, c->held);
    if (done < 0) return end(c);
    if (done) watch(c, EPOLL_CTL_MOD, EPOLLIN);
    return;
  }
  const char *block = c->wish == 'b' ? bytes_block : frames_block;
  size_t size = c->wish == 'b' ? sizeof bytes_block : sizeof frames_block;
  for (int turn = 0; turn < 4; turn++) {
    if (c->start == c->end) c->start = 0, c->end = size;
    int done = drain(c, block);
    if (done < 0) return end(c);
    if (!done) return;
  }
}

static void on_readable(struct conn *c) {
  ssize_t n = recv(c->fd, scratch, c->wish ? sizeof scratch : 1, MSG_DONTWAIT);
  if (n < 0) {
    if (errno != EAGAIN) end(c);
    return;
  }
  if (n == 0) {
    if (c->wish == 's') send(c->fd, "s", 1, MSG_NOSIGNAL);
    return end(c);
  }
  if (!c->wish) {
    c->wish = scratch[0];
    if (c->wish == 'b' || c->wish == 'f') watch(c, EPOLL_CTL_MOD, EPOLLOUT);
  } else if (c->wish == 'e') {
    c->start = 0;
    c->end = n;
    int done = drain(c, scratch);
    if (done < 0) return end(c);
    if (done) return;
    if (!c->held) c->held = malloc(ECHO);
    memcpy(c->held, scratch, n);
    watch(c, EPOLL_CTL_MOD, EPOLLOUT);
  }
}

int main(void) {
  for (size_t at = 3; at < sizeof frames_block; at += FRAME) frames_block[at] = 64;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in addr = {.sin_family = AF_INET};
  addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof addr;
  if (bind(listener, (struct sockaddr *)&addr, size) || listen(listener, 4096)) {
    perror("peer");
    return 1;
  }
  getsockname(listener, (struct sockaddr *)&addr, &size);
  printf("%d\n", ntohs(addr.sin_port));
  fflush(stdout);
  epoll_fd = epoll_create1(0);
  struct conn *self = calloc(1, sizeof *self);
  self->fd = listener;
  watch(self, EPOLL_CTL_ADD, EPOLLIN);
  struct epoll_event events[EVENTS];
  for (;;) {
    int count = epoll_wait(epoll_fd, events, EVENTS, -1);
    for (int i = 0; i < count; i++) {
      struct conn *c = events[i].data.ptr;
      if (c == self) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), on = 1;
        if (fd < 0) continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct conn *fresh = calloc(1, sizeof *fresh);
        fresh->fd = fd;
        watch(fresh, EPOLL_CTL_ADD, EPOLLIN);
      } else if (events[i].events & EPOLLOUT) {
        on_writable(c);
      } else {
        on_readable(c);
      }
    }
  }
}
